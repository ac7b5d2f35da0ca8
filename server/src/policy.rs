//! The least-privilege policy, as the engine derives it from its steps.

/// The actions about which AWS can be asked in advance without saying on what: the others are limited to the stack's
/// own resources, and a question about everything would be answered with no.
#[must_use]
pub fn askable() -> Vec<&'static str> {
    engine::policy::unconditional_actions()
}

/// The policy document for an account and region; `*` stands for any.
///
/// # Errors
/// When it can't be written as JSON.
pub fn text(account: Option<&str>, region: Option<&str>) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&engine::policy::document(
        account.unwrap_or("*"),
        region.unwrap_or("*"),
    ))
}
