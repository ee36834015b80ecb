//! A program with dependencies of crates.io and of its own, for cargo auditable to list.
use std::hash::Hasher;

fn main() {
    let numbers: smallvec::SmallVec<[u32; 2]> = smallvec::smallvec![1, local_part::part()];
    let mut hasher = fnv::FnvHasher::default();
    numbers.iter().for_each(|number| hasher.write_u32(*number));
    println!("{}", itoa::Buffer::new().format(hasher.finish()));
}
