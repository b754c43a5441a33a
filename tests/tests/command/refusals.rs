//! Command lines that `lambda-ext` refuses, with the reason and the exit code.

use std::process::Output;

use super::{Scratch, command, fixture, run};

#[test]
fn unusable_arguments_have_a_message_and_their_own_exit_code() {
    for (arguments, told) in [
        (
            &["no-such-extension"][..],
            "neither a file here nor a binary or example of this project, which has: ",
        ),
        (
            &["hello", "--scenario", "/nowhere.toml"],
            "/nowhere.toml: No such file",
        ),
        (&["hello", "hello"], "two executables have the name `hello`"),
        (&["hello", "--pace", "soon"], "write `250ms` or `1m 30s`"),
        (&["hello", "--env", "X"], "expected `KEY=VALUE`"),
    ] {
        let output = run(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        assert!(text.contains(told), "{arguments:?}: {text}");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn option_without_effect_is_refused() {
    let runtime = fixture("runtime.py");
    let of_runtime = |option: &'static str, value: &'static str| {
        run(&["hello", "--runtime", &runtime, option, value])
    };
    for (option, value) in [("--outcome", "error"), ("--duration", "1s"), ("--log", "x")] {
        let told =
            format!("error: `{option}` applies only to the built-in function, not to a runtime");
        refused(&of_runtime(option, value), &told);
    }
    for (text, told) in [
        (
            "runtime = \"R\"\nduration = \"1s\"",
            ": `duration` applies only to the built-in function",
        ),
        (
            "runtime = \"R\"\n[[step]]\ninvoke = 1\nlogs = [\"x\"]",
            "step 1: `logs` applies only to the built-in function",
        ),
        (
            "[[step]]\ninvoke = 1\npayload = \"{}\"",
            "step 1: `payload` needs a `runtime`",
        ),
    ] {
        let file = Scratch::new("toml", text);
        refused(&run(&["hello", "--scenario", file.path()]), told);
    }
}

#[test]
fn usage_error_is_reported_before_anything_runs() {
    for (arguments, told) in [
        (
            &["--runtime", "/nowhere/bootstrap"][..],
            "the runtime: there is no file `/nowhere/bootstrap`",
        ),
        (
            &["--env", "AWS_LAMBDA_FUNCTION_NAME=x"],
            "Lambda sets `AWS_LAMBDA_FUNCTION_NAME` itself",
        ),
        (&["--env", "=x"], "the variable has no name"),
        (
            &["--timeout", "0s"],
            "expected a duration from `1ms` to `15m`",
        ),
        (
            &["--timeout", "16m"],
            "expected a duration from `1ms` to `15m`",
        ),
        (&["--html", "/nowhere/page.html"], "/nowhere/page.html: "),
        (&["--html", "-"], "expected a file"),
    ] {
        refused(&run(&[&["hello"], arguments].concat()), told);
    }
    let output = run(&[&fixture("behaves.py"), "--invokes", "0", "--env", "_X=1"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("warning: extensions do not get `_X`"),
        "{stderr}"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[track_caller]
pub(crate) fn refused(output: &Output, told: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(text.contains(told), "{told}: {text}");
    assert_eq!(output.status.code(), Some(2), "{told}");
}

#[test]
fn name_outside_of_a_project_builds_nothing() {
    let output = command()
        .arg("missing")
        .current_dir(std::env::temp_dir())
        .output();
    let told = "error: there is no file `missing` here, and no cargo project to build it from\n";
    let output = output.expect("it runs");
    refused(&output, told);
    assert_eq!(String::from_utf8_lossy(&output.stderr), told);
}
