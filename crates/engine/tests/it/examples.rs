//! The specs in `examples/`.

use engine::spec::{StackSpec, read};

pub(crate) fn vendor() -> StackSpec {
    read::from_toml(include_str!("../../../../examples/vendor0919.toml")).expect("valid")
}

pub(crate) fn hello() -> StackSpec {
    read::from_toml(include_str!("../../../../examples/hello.toml")).expect("valid")
}
