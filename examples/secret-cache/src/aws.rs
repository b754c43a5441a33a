//! Secrets Manager, by AWS's SDK.

use std::error::Error;
use std::iter::successors;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValueError, GetSecretValueOutput,
};
use aws_sdk_secretsmanager::primitives::DateTimeFormat;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_types::base64;
use axum::http::StatusCode;
use serde_json::json;
use tokio::sync::OnceCell;

use super::cache::{Failure, Question, Secret, Source};

pub struct SecretsManager {
    attempt: Option<Duration>,
    // Made for the first question: it reads the certificates of the system, which would be part of each cold start.
    client: OnceCell<Client>,
}

impl SecretsManager {
    /// An attempt takes no longer than that, if that is something.
    pub fn new(attempt: Option<Duration>) -> Self {
        let client = OnceCell::new();
        Self { attempt, client }
    }
}

impl Source for SecretsManager {
    async fn get(&self, question: &Question) -> Result<Secret, Failure> {
        let client = self.client.get_or_init(|| client(self.attempt)).await;
        let request = client.get_secret_value().secret_id(&question.secret_id);
        let request = request.set_version_id(question.version_id.clone());
        let request = request.set_version_stage(question.version_stage.clone());
        let answer = request.send().await.map_err(|error| failure(&error))?;
        Ok(secret(&answer))
    }
}

/// Where and who it is is in the function's environment: the SDK's own chains go on to what no function has.
async fn client(attempt: Option<Duration>) -> Client {
    let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = Builder::new()
        .tls_provider(ring)
        // What is kept open is closed at the other end when it is wanted again, minutes later.
        .pool_max_idle_per_host(0)
        .build_https();
    // With SnapStart they come from a server beside the function.
    let container = EcsCredentialsProvider::builder()
        .configure(&ProviderConfig::without_region().with_http_client(http.clone()))
        .build();
    let environment = EnvironmentVariableCredentialsProvider::new();
    let credentials = CredentialsProviderChain::first_try("environment", environment)
        .or_else("container", container);
    let mut timeouts = TimeoutConfig::builder();
    timeouts.set_operation_attempt_timeout(attempt);
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .credentials_provider(credentials)
        .region(EnvironmentVariableRegionProvider::new())
        .timeout_config(timeouts.build());
    Client::new(&config.load().await)
}

/// As AWS's own extension writes it: names, dates and what is not there.
fn secret(answer: &GetSecretValueOutput) -> Secret {
    let created = answer.created_date();
    let json = json!({
        "ARN": answer.arn(),
        "Name": answer.name(),
        "VersionId": answer.version_id(),
        "VersionStages": answer.version_stages(),
        "SecretString": answer.secret_string(),
        "SecretBinary": answer.secret_binary().map(base64::encode),
        "CreatedDate": created.and_then(|it| it.fmt(DateTimeFormat::DateTime).ok()),
        "ResultMetadata": {},
    });
    Secret::new(json.to_string())
}

/// What AWS refuses is told as AWS said it.
fn failure(error: &SdkError<GetSecretValueError>) -> Failure {
    let throttled = error.code().is_some_and(|code| code.contains("Throttl"));
    let answer = error.raw_response().filter(|_| !throttled);
    if let Some(answer) = answer.filter(|it| it.status().is_client_error()) {
        let status = answer.status().as_u16();
        return Failure::Refused {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
            body: String::from_utf8_lossy(answer.body().bytes().unwrap_or_default()).into_owned(),
        };
    }
    // Not `DisplayErrorContext`, which shows the answer too: a secret may be in it.
    let causes = successors(Some(error as &dyn Error), |&error| error.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    Failure::Unavailable(format!("secretsmanager: {}", causes.join(": ")))
}
