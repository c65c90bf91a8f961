//! Time and memory of judging a file, by its shape and size: `cargo bench --bench shapes [-- LARGEST_MIB [PLOT.svg]]`. In
//! proportion means that a row says the same for every size, and a line of the plot is straight.

#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "../tests/support/counting.rs"]
mod counting;
#[allow(dead_code, reason = "a part of it is enough here")]
#[path = "../tests/support/shapes.rs"]
mod shapes;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use counting::Counting;
use ebl_verifier::{Verifier, Wishes};
use shapes::Shape;

#[global_allocator]
static COUNTED: Counting = Counting::new();

const MIB: usize = 1 << 20;
/// The best of so many runs counts: what else the machine does only ever adds.
const RUNS: usize = 3;

/// One file's cost.
struct Cost {
    bytes: usize,
    time: Duration,
    held: usize,
}

impl Cost {
    fn of(shape: &Shape, size: usize) -> Self {
        let file = (shape.file)(size);
        let verifier = Verifier::builder().offline().build().expect("settings");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let runs = (0..RUNS).map(|_| {
            let (time, taken) = COUNTED.of(|| {
                let begun = Instant::now();
                let bytes = file.clone();
                drop(runtime.block_on(verifier.verify(&bytes, &Wishes::default())));
                begun.elapsed()
            });
            (time, taken.peak)
        });
        let (time, held) = runs.min().expect("a run");
        Self { bytes: file.len(), time, held }
    }

    fn nanoseconds_a_byte(&self) -> f64 {
        self.time.as_nanos() as f64 / self.bytes as f64
    }

    fn held_a_byte(&self) -> f64 {
        self.held as f64 / self.bytes as f64
    }
}

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
        let costs: Vec<Cost> = sizes.iter().map(|size| Cost::of(shape, *size)).collect();
        let times: String = costs.iter().map(|cost| format!("{:>13.2}", cost.nanoseconds_a_byte())).collect();
        let held = costs.iter().map(Cost::held_a_byte).fold(0.0, f64::max);
        println!("{:<44}{times}   {held:.2}", shape.name);
        rows.push((shape.name, costs));
    }
    if let Some(path) = arguments.next() {
        std::fs::write(&path, plot(&rows)).expect("a place for the plot");
    }
}

/// Seconds against bytes, a line for each shape, both on scales that make what is in proportion straight.
fn plot(rows: &[(&str, Vec<Cost>)]) -> String {
    const WIDTH: f64 = 900.0;
    const HEIGHT: f64 = 560.0;
    let largest = rows.iter().flat_map(|(_, costs)| costs).map(|cost| cost.bytes as f64).fold(1.0, f64::max);
    let longest = rows.iter().flat_map(|(_, costs)| costs).map(|cost| cost.time.as_secs_f64()).fold(1e-9, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/><text x=\"10\" y=\"20\">seconds (up to {longest:.3}) against MiB \
         (up to {:.1}), one line a shape</text>\n",
        largest / MIB as f64
    );
    for (name, costs) in rows {
        let points: String = costs.iter().fold(format!("40,{:.1} ", HEIGHT - 30.0), |mut points, cost| {
            let (x, y) = (cost.bytes as f64 / largest, cost.time.as_secs_f64() / longest);
            let _ = write!(points, "{:.1},{:.1} ", 40.0 + x * (WIDTH - 60.0), HEIGHT - 30.0 - y * (HEIGHT - 70.0));
            points
        });
        let _ = writeln!(
            svg,
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"#246\"><title>{name}</title></polyline>"
        );
    }
    svg + "</svg>\n"
}
