//! The shapes of a status, the same as on the page of HTML: a disc, an octagon, a triangle, a square on its corner, a ring.

use krilla::geom::{Path, PathBuilder};

use crate::report::view::Shape;

impl Shape {
    /// Whether the outline is filled, and what stands in it is left out of it.
    pub(super) fn is_solid(self) -> bool {
        matches!(self, Self::Good | Self::Bad)
    }

    /// The outline, in a square of 24 by 24.
    pub(super) fn outline(self) -> Option<Path> {
        let mut path = PathBuilder::new();
        match self {
            Self::Good | Self::None => circle(&mut path, 12.0, 12.0, 11.0),
            Self::Bad => polygon(
                &mut path,
                &[
                    (7.5, 1.0),
                    (16.5, 1.0),
                    (23.0, 7.5),
                    (23.0, 16.5),
                    (16.5, 23.0),
                    (7.5, 23.0),
                    (1.0, 16.5),
                    (1.0, 7.5),
                ],
            ),
            Self::Doubtful => polygon(&mut path, &[(12.0, 1.5), (23.5, 22.0), (0.5, 22.0)]),
            Self::Unknown => polygon(&mut path, &[(12.0, 0.5), (23.5, 12.0), (12.0, 23.5), (0.5, 12.0)]),
        }
        path.finish()
    }

    /// What stands in it.
    pub(super) fn sign(self) -> Option<Path> {
        let mut path = PathBuilder::new();
        let mut line = |points: &[(f32, f32)]| {
            for (index, &(x, y)) in points.iter().enumerate() {
                if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
            }
        };
        match self {
            Self::Good => line(&[(6.5, 12.5), (10.2, 16.2), (17.5, 8.2)]),
            Self::Bad => {
                line(&[(8.0, 8.0), (16.0, 16.0)]);
                line(&[(16.0, 8.0), (8.0, 16.0)]);
            }
            Self::Doubtful => {
                line(&[(12.0, 8.5), (12.0, 15.0)]);
                line(&[(12.0, 18.0), (12.0, 19.0)]);
            }
            Self::Unknown => {
                path.move_to(9.2, 9.6);
                path.cubic_to(9.2, 6.0, 14.8, 6.0, 14.8, 9.6);
                path.cubic_to(14.8, 11.6, 12.0, 11.8, 12.0, 14.3);
                path.move_to(12.0, 17.0);
                path.line_to(12.0, 18.0);
            }
            Self::None => line(&[(7.0, 12.0), (17.0, 12.0)]),
        }
        path.finish()
    }
}

fn polygon(path: &mut PathBuilder, points: &[(f32, f32)]) {
    for (index, &(x, y)) in points.iter().enumerate() {
        if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.close();
}

fn circle(path: &mut PathBuilder, x: f32, y: f32, radius: f32) {
    /// Of a quarter of a circle by a cubic curve.
    const HANDLE: f32 = 0.552_284_8;
    let handle = radius * HANDLE;
    path.move_to(x + radius, y);
    path.cubic_to(x + radius, y + handle, x + handle, y + radius, x, y + radius);
    path.cubic_to(x - handle, y + radius, x - radius, y + handle, x - radius, y);
    path.cubic_to(x - radius, y - handle, x - handle, y - radius, x, y - radius);
    path.cubic_to(x + handle, y - radius, x + radius, y - handle, x + radius, y);
    path.close();
}
