//! AWS's own answers.

use std::env;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::http::{Request, StatusCode};
use lambda_ext::Error;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use ureq::Agent;

use super::cache::{Failure, Secret, Source};

/// The pauses between attempts: Parameter Store takes 40 questions in a second, from all of an account.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// Something of AWS's that has one operation here.
pub struct Service {
    name: &'static str,
    operation: &'static str,
    /// The variable by which AWS's SDKs are sent elsewhere.
    endpoint: &'static str,
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>
pub const SECRETS_MANAGER: Service = Service {
    name: "secretsmanager",
    operation: "secretsmanager.GetSecretValue",
    endpoint: "AWS_ENDPOINT_URL_SECRETS_MANAGER",
};

/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>
pub const PARAMETER_STORE: Service = Service {
    name: "ssm",
    operation: "AmazonSSM.GetParameter",
    endpoint: "AWS_ENDPOINT_URL_SSM",
};

pub struct Aws {
    service: &'static Service,
    agent: Agent,
}

impl Aws {
    /// An attempt takes no longer than that.
    pub fn new(service: &'static Service, attempt: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(attempt))
            .http_status_as_error(false)
            // What is kept open is closed at the other end when it is wanted again, minutes later.
            .max_idle_connections(0);
        let agent = config.build().into();
        Self { service, agent }
    }

    async fn try_to_get(&self, question: &str) -> Result<Secret, Failure> {
        let request = self.signed(question);
        let request = request.map_err(|error| Failure::Unavailable(error.to_string()))?;
        let agent = self.agent.clone();
        let exchange = spawn_blocking(move || {
            let mut answer = agent.run(request)?;
            Ok::<_, ureq::Error>((answer.status(), answer.body_mut().read_to_string()?))
        });
        // A panic of it is one of the task that asks.
        let (status, body) = match exchange.await.map_err(Error::from) {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.unavailable(&error)),
            Err(error) => return Err(self.unavailable(&error)),
        };
        match status {
            StatusCode::OK => Ok(Secret::new(body)),
            _ if status.is_server_error() || body.contains("Throttl") => {
                Err(self.unavailable(&format!("{status} {body}")))
            }
            _ => Err(Failure::Refused { status, body }),
        }
    }

    fn unavailable(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::Unavailable(format!("{}: {why}", self.service.name))
    }

    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
    fn signed(&self, question: &str) -> Result<Request<String>, Error> {
        let region = variable("AWS_REGION")?;
        let key = variable("AWS_ACCESS_KEY_ID")?;
        let token = env::var("AWS_SESSION_TOKEN").ok();
        let key = Credentials::new(key, variable("AWS_SECRET_ACCESS_KEY")?, token, None, "env");
        let key = key.into();
        let parameters = SigningParams::builder()
            .identity(&key)
            .region(&region)
            .name(self.service.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let endpoint = self.endpoint(&region);
        let mut request = Request::post(&endpoint)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", self.service.operation)
            .body(question.to_owned())?;
        let target = [("x-amz-target", self.service.operation)].into_iter();
        let body = SignableBody::Bytes(question.as_bytes());
        let signable = SignableRequest::new("POST", endpoint, target, body)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }

    fn endpoint(&self, region: &str) -> String {
        let set = env::var(self.service.endpoint).or_else(|_| env::var("AWS_ENDPOINT_URL"));
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        set.unwrap_or_else(|_| {
            format!(
                "https://{}.{region}.amazonaws.com{china}/",
                self.service.name
            )
        })
    }
}

impl Source for Aws {
    async fn get(&self, question: &str) -> Result<Secret, Failure> {
        for pause in PAUSES {
            match self.try_to_get(question).await {
                Err(Failure::Unavailable(_)) => sleep(pause).await,
                answer => return answer,
            }
        }
        self.try_to_get(question).await
    }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set"))
}
