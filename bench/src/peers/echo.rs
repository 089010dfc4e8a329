//! The ceiling of HTTP on this machine: axum reads JSON and sends it back.

use std::process::Command;

use axum::routing::post;
use axum::{Json, Router};

use crate::processes::{Running, free_port, root};

pub fn start() -> Running {
    let port = free_port();
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    Running::start(
        command.args(["echo", &port.to_string()]),
        port,
        &root().join("target/bench/echo.log"),
    )
}

pub fn serve(port: u16) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let echo = post(|Json(body): Json<serde_json::Value>| async { Json(body) });
        let router = Router::new().route("/echo", echo);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
        axum::serve(listener, router).await.expect("to serve");
    });
}
