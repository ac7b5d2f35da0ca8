//! Starts or joins the embedded database of a data directory and holds it until standard input closes.
//!
//! `cargo run -p store --example hold_cluster -- DATA_DIR` prints the URL, for looking inside with
//! `psql "$URL"`. The tests kill it to see what a crash leaves.
#![expect(clippy::print_stdout, reason = "printing the URL is what it is for")]

use std::error::Error;

use store::embedded::Cluster;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let data_dir = std::env::args_os().nth(1).ok_or("usage: hold_cluster DATA_DIR")?;
    let cluster = Cluster::start(data_dir).await?;
    println!("{}", cluster.url());
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    cluster.stop().await?;
    Ok(())
}
