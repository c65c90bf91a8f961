//! Curves on two logarithmic scales, where whatever is in proportion is straight and has a slope of one, as a small SVG that
//! can be read on a light and on a dark page.

use std::fmt::Write as _;

/// Points with rising, positive `x`.
#[derive(Debug, Clone)]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// Beyond this a curve is not straight.
pub const STEEP: f64 = 1.15;

impl Curve {
    /// How steep it is in the upper half of its scale, by least squares: what a small work costs anyhow does not count.
    pub fn slope(&self) -> f64 {
        let logs: Vec<(f64, f64)> = self.points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
        let middle = (logs[0].0 + logs[logs.len() - 1].0) / 2.0;
        let upper: Vec<_> = logs.iter().filter(|(x, _)| *x >= middle - 1e-9).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| upper.iter().map(|point| of(point)).sum::<f64>() / upper.len() as f64;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let together: f64 = upper.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
        together / upper.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
    }
}

/// What a plot says beside its curves.
pub struct Texts<'a> {
    pub title: &'a str,
    /// For whoever cannot see it.
    pub description: &'a str,
    pub across: &'a str,
    /// How a value of either scale is written.
    pub x: fn(f64) -> String,
    pub y: fn(f64) -> String,
}

pub fn svg(texts: &Texts<'_>, curves: &[Curve]) -> String {
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let (x, y) = (Scale::of(all().map(|point| point.0)), Scale::of(all().map(|point| point.1)));
    let across = |value: f64| LEFT + x.share(value) * (RIGHT - LEFT);
    let up = |value: f64| BOTTOM - y.share(value) * (BOTTOM - TOP);
    let Texts { title, description, .. } = texts;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" font-size="12"><title>{title}</title><desc>{description}</desc><style>text{{fill:#333}}.g{{stroke:#8884}}.p{{stroke:#888;stroke-dasharray:4 4}}polyline{{fill:none;stroke-width:2}}@media(prefers-color-scheme:dark){{text{{fill:#ccc}}}}</style>
<text x="{LEFT}" y="18" font-size="14">{title}</text><text x="{LEFT}" y="{}">{}</text>
"#,
        HEIGHT - 6.0,
        texts.across,
    );
    for value in x.decades() {
        let at = across(value);
        let label = (texts.x)(value);
        let _ = writeln!(
            svg,
            r#"<path class="g" d="M{at:.0} {TOP}V{BOTTOM}"/><text x="{at:.0}" y="{}" text-anchor="middle">{label}</text>"#,
            BOTTOM + 16.0
        );
    }
    for value in y.decades() {
        let at = up(value);
        let label = (texts.y)(value);
        let _ = writeln!(
            svg,
            r#"<path class="g" d="M{LEFT} {at:.0}H{RIGHT}"/><text x="{}" y="{:.0}" text-anchor="end">{label}</text>"#,
            LEFT - 6.0,
            at + 4.0
        );
    }
    // In proportion: as many decades up as across, from the lower left.
    let decades = (x.last - x.first).min(y.last - y.first);
    let end = (across(10f64.powf(x.first + decades)), up(10f64.powf(y.first + decades)));
    let _ = writeln!(svg, r#"<path class="p" d="M{LEFT} {BOTTOM}L{:.0} {:.0}"/>"#, end.0, end.1);
    for (number, curve) in curves.iter().enumerate() {
        let points: Vec<String> =
            curve.points.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x), up(*y))).collect();
        let (color, name) = (COLORS[number % COLORS.len()], &curve.name);
        let _ = writeln!(
            svg,
            r#"<polyline points="{}" stroke="{color}"><title>{name}</title></polyline>"#,
            points.join(" ")
        );
    }
    // Where there are more, only a pointer tells them apart.
    if curves.len() <= COLORS.len() {
        legend(&mut svg, curves, up);
    }
    svg + "</svg>\n"
}

/// Names and slopes beside the ends of the lines, none over another.
fn legend(svg: &mut String, curves: &[Curve], up: impl Fn(f64) -> f64) {
    let end = |curve: &Curve| curve.points.last().map_or(BOTTOM, |point| up(point.1));
    let mut order: Vec<usize> = (0..curves.len()).collect();
    order.sort_by(|one, other| end(&curves[*one]).total_cmp(&end(&curves[*other])));
    let mut lowest = TOP;
    for number in order {
        let curve = &curves[number];
        let at = end(curve).max(lowest);
        lowest = at + 16.0;
        let (x, y) = (RIGHT + 8.0, at + 4.0);
        let (name, slope, color) = (&curve.name, curve.slope(), COLORS[number]);
        let _ = writeln!(svg, r#"<text x="{x}" y="{y:.0}" style="fill:{color}">{name}, slope {slope:.2}</text>"#);
    }
}

/// From one power of ten to another.
struct Scale {
    first: f64,
    last: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (least, most) = values.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), v| (v.min(least), v.max(most)));
        Self { first: least.log10().floor(), last: most.log10().ceil() }
    }

    fn share(&self, value: f64) -> f64 {
        (value.log10() - self.first) / (self.last - self.first).max(1.0)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        (self.first as i32..=self.last as i32).map(|power| 10f64.powi(power))
    }
}

pub fn count(value: f64) -> String {
    of_units(value, &[(1e6, "M"), (1e3, "k"), (1.0, "")])
}

pub fn seconds(value: f64) -> String {
    of_units(value, &[(1.0, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns")])
}

pub fn bytes(value: f64) -> String {
    of_units(value, &[(1e9, " GB"), (1e6, " MB"), (1e3, " KB"), (1.0, " B")])
}

/// In the largest unit that it has one of.
fn of_units(value: f64, units: &[(f64, &str)]) -> String {
    let (size, unit) = units.iter().find(|(size, _)| value >= size * 0.999).unwrap_or(&units[units.len() - 1]);
    let number = value / size;
    if number < 9.95 && (number - number.round()).abs() > 0.05 {
        format!("{number:.1}{unit}")
    } else {
        format!("{number:.0}{unit}")
    }
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 540.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 372.0;
/// Neither too light for a light page nor too dark for a dark one.
const COLORS: [&str; 8] = ["#3b82d6", "#d9762b", "#2f9e5b", "#c8487f", "#8b66d6", "#98871f", "#1f9aa6", "#c9534a"];
