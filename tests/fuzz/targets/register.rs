//! The reply to a registration.

#![no_main]

use lambda_ext::Register;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// The text of a field; nothing where it is missing or `null`.
fn text<'v>(value: &'v Value, field: &str) -> Result<Option<&'v str>, ()> {
    match value.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(field) => field.as_str().map(Some).ok_or(()),
    }
}

/// The registration that this JSON is.
fn expected(value: &Value) -> Result<Register, ()> {
    if !value.is_object() {
        return Err(());
    }
    let owned = |field| text(value, field).map(|text| text.map(str::to_owned));
    let mut register = Register::default();
    register.function_name = owned("functionName")?.unwrap_or_default();
    register.function_version = owned("functionVersion")?.unwrap_or_default();
    register.handler = owned("handler")?.unwrap_or_default();
    register.account_id = owned("accountId")?;
    Ok(register)
}

fuzz_target!(|data: &[u8]| {
    let read = serde_json::from_slice::<Register>(data);
    if let Ok(register) = &read {
        let written = json!({
            "functionName": register.function_name,
            "functionVersion": register.function_version,
            "handler": register.handler,
            "accountId": register.account_id,
        });
        assert_eq!(
            serde_json::from_value(written).ok().as_ref(),
            Some(register)
        );
        // The identifier comes by another way.
        assert_eq!(register.extension_id, "");
    }
    // Each field once, which leaves one reading.
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        let expected = expected(&value);
        let once = serde_json::from_str(&value.to_string());
        assert_eq!(once.map_err(drop), expected);
        if let Ok(register) = read {
            assert_eq!(Ok(register), expected);
        }
    }
});
