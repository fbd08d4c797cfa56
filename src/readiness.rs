//! stand-in
#[derive(Debug, Clone)]
/// x
pub struct Readiness;
impl Readiness {
    /// x
    pub fn concluded(&self, _place: usize) {}
}
