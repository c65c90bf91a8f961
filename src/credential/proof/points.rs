//! Points and numbers of BLS12-381 from bytes that anybody may have written.

use bls12_381_plus::{G1Affine, G1Projective, G2Affine, G2Prepared, G2Projective, Scalar, multi_miller_loop};

/// In the subgroup, and not its identity, which no honest signer or holder arrives at.
pub(super) fn g1_point(bytes: &[u8; 48]) -> Option<G1Affine> {
    Option::from(G1Affine::from_compressed(bytes)).filter(|point: &G1Affine| !bool::from(point.is_identity()))
}

/// Likewise.
pub(super) fn g2_point(bytes: &[u8; 96]) -> Option<G2Affine> {
    Option::from(G2Affine::from_compressed(bytes)).filter(|point: &G2Affine| !bool::from(point.is_identity()))
}

/// A number below the order of the groups.
pub(super) fn scalar(bytes: &[u8; 32]) -> Option<Scalar> {
    Option::from(Scalar::from_be_bytes(bytes))
}

/// Σ point · scalar.
pub(super) fn sum(terms: &[(G1Projective, Scalar)]) -> G1Projective {
    let (points, scalars): (Vec<_>, Vec<_>) = terms.iter().copied().unzip();
    G1Projective::sum_of_products(&points, &scalars)
}

/// Whether e(a, key) · e(b, P2) = 1, P2 being the generator.
pub(super) fn pairings_cancel(a: G1Projective, key: &G2Affine, b: G1Projective) -> bool {
    let (a, b) = (G1Affine::from(a), G1Affine::from(b));
    let (key, generator) = (G2Prepared::from(*key), G2Prepared::from(G2Affine::from(G2Projective::GENERATOR)));
    let product = multi_miller_loop(&[(&a, &key), (&b, &generator)]).final_exponentiation();
    product == bls12_381_plus::Gt::IDENTITY
}

/// Whether e(A, W + P2·e) = e(B, P2), as every signature of this curve is checked, with the multiplication on the cheaper
/// side.
pub(super) fn signature_holds(a: G1Affine, e: Scalar, b: G1Projective, key: &G2Affine) -> bool {
    let a = G1Projective::from(a);
    pairings_cancel(a, key, a * e - b)
}

/// Takes the bytes of a value from the front, each of a known length.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl Cursor<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn g1_point(&mut self) -> Option<G1Affine> {
        self.take().as_ref().and_then(g1_point)
    }

    pub(super) fn scalar(&mut self) -> Option<Scalar> {
        self.take().as_ref().and_then(scalar)
    }

    pub(super) fn nonzero(&mut self) -> Option<Scalar> {
        self.scalar().filter(|scalar| *scalar != Scalar::ZERO)
    }
}
