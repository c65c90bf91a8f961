//! Time and memory of judging a file, by its shape and size: `cargo bench --bench shapes [-- LARGEST_MIB [PLOT.svg]]`. In
//! proportion means that a row says the same for every size, and a line of the plot is straight.

#[path = "support/cost.rs"]
mod cost;
#[path = "support/plot.rs"]
#[allow(dead_code, reason = "a part of it is enough here")]
mod plot;
#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "../tests/support/shapes.rs"]
mod shapes;

use cost::Cost;
use plot::{Curve, Texts};

const MIB: usize = 1 << 20;

fn main() {
    // `--bench` is cargo's own word.
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let largest: usize = arguments.next().map_or(4, |text| text.parse().expect("a number of MiB"));
    let sizes: Vec<usize> =
        std::iter::successors(Some(MIB / 2), |size| Some(size * 2)).take_while(|size| *size <= largest * MIB).collect();
    let head: String = sizes.iter().map(|size| format!("{:>9} KiB", size / 1024)).collect();
    println!("{:<44}{head}   held, times the file", "ns a byte, by size");
    let mut rows = Vec::new();
    for shape in shapes::all() {
        let costs: Vec<(f64, Cost)> = sizes.iter().map(|size| of((shape.file)(*size))).collect();
        let times: String =
            costs.iter().map(|(bytes, cost)| format!("{:>13.2}", cost.time.as_nanos() as f64 / bytes)).collect();
        let held = costs.iter().map(|(bytes, cost)| cost.held as f64 / bytes).fold(0.0, f64::max);
        println!("{:<44}{times}   {held:.2}", shape.name);
        let points = costs.iter().map(|(bytes, cost)| (*bytes, cost.time.as_secs_f64())).collect();
        rows.push(Curve { name: shape.name.into(), points });
    }
    if let Some(path) = arguments.next() {
        let texts = Texts {
            title: "Time against the size of a file, a line for each shape",
            description: "Seconds of judging a file against its bytes, on two logarithmic scales.",
            across: "bytes; as steep as the dashed line is in proportion",
            x: plot::bytes,
            y: plot::seconds,
        };
        std::fs::write(&path, plot::svg(&texts, &rows)).expect("a place for the plot");
    }
}

fn of(file: Vec<u8>) -> (f64, Cost) {
    (file.len() as f64, Cost::of_file(&file))
}
