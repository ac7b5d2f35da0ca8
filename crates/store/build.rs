//! `sqlx::migrate!` embeds the migration files at compile time: a new file must cause a rebuild.
fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
