//! Extensions as authors write them: the examples, extensions that log, and extensions without `lambda-ext`.
//!
//! Cargo builds each extension when a test first asks for it.
//! The modules name the services that they need. Where one is missing, a test says so on stderr, and
//! fails if `CI` is set.

mod circuit_breaker;
mod config_preloader;
mod cost_meter;
mod deploy;
mod log_shipper;
mod logging;
mod otel_exporter;
mod peers;
mod secret_cache;
mod tmp_cleaner;
