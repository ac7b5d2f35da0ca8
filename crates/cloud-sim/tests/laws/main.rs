//! The laws of execution, on the practice account: run twice, cut off anywhere, cancelled or refused, a run loses
//! nothing, makes nothing twice, and says what is wrong.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a law's helpers stop where the law is broken"
)]

mod causes;
mod crash;
mod destroy;
mod frontend;
mod images;
mod live;
mod network;
mod random;
mod repeat;
mod rights;
mod saved;
mod specs;
mod stage;
mod stop;
