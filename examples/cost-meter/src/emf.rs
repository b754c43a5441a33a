//! CloudWatch's [embedded metric format]: lines of JSON that CloudWatch Logs makes metrics of.
//!
//! [embedded metric format]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

/// A line, while it is written.
#[derive(Default)]
pub struct Line {
    /// All that is said; only what the next two name becomes more than a line of the log.
    members: Map<String, Value>,
    dimensions: Vec<&'static str>,
    metrics: Vec<Value>,
}

impl Line {
    /// What metrics are told apart by.
    pub fn dimension(mut self, name: &'static str, value: &str) -> Self {
        self.dimensions.push(name);
        self.property(name, Some(value))
    }

    /// A metric; what is not known is left out.
    pub fn metric(
        mut self,
        name: &'static str,
        unit: &'static str,
        value: Option<impl Into<Value>>,
    ) -> Self {
        if value.is_some() {
            self.metrics.push(json!({"Name": name, "Unit": unit}));
        }
        self.property(name, value)
    }

    /// A metric in milliseconds.
    pub fn milliseconds(self, name: &'static str, value: Option<Duration>) -> Self {
        let milliseconds = |value: Duration| value.div_duration_f64(Duration::from_millis(1));
        self.metric(name, "Milliseconds", value.map(milliseconds))
    }

    /// What only stands in the log, to be searched for.
    pub fn property(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.members.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The text, without its end.
    pub fn end(mut self, namespace: &str, time: SystemTime) -> String {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        let milliseconds = since.unwrap_or_default().as_millis();
        let metadata = json!({
            "Timestamp": u64::try_from(milliseconds).unwrap_or_default(),
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [self.dimensions],
                "Metrics": self.metrics,
            }],
        });
        self.members.insert("_aws".to_owned(), metadata);
        Value::Object(self.members).to_string()
    }
}
