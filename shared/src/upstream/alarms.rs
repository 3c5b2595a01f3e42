//! One-shot schedules: "when this lease may be over, ask the reaper to look at it". They make the
//! reaper prompt, nothing more. A schedule that is late, lost or fires twice changes nothing for a
//! caller, because the reaper's own conditions decide. Knows EventBridge Scheduler, and what the
//! reaper's event looks like.

use std::time::Duration;

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::update_schedule::UpdateScheduleError;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, Target,
};
use serde::Serialize;

use crate::telemetry::Neighbour;
use crate::types::{PhoneNumber, Timestamp, Wallet};
use crate::wire::aws::Service;

/// One repetition: the caller has better things to wait for, and the reaper's rounds find the lease
/// anyway.
const ATTEMPTS: u32 = 2;

/// The place of schedules, and the function that they start.
pub struct AlarmsConfig {
    /// The scheduler.
    pub service: Service,
    /// The group that holds the schedules.
    pub group: String,
    /// The role with which the scheduler starts the reaper.
    pub role_arn: String,
    /// The reaper.
    pub reaper_arn: String,
    /// The queue for what cannot be delivered to it.
    pub dead_letters_arn: String,
}

/// A client of EventBridge Scheduler.
pub struct Alarms {
    client: Client,
    group: String,
    role_arn: String,
    reaper_arn: String,
    dead_letters_arn: String,
}

/// Why an alarm may not be set. Something to log; nothing to fail for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AlarmError {
    /// The scheduler refused: a wrong role, group or quota. It will refuse the next one too.
    #[error("the scheduler refused: {code}")]
    Refused {
        /// Its error code.
        code: String,
    },
    /// There was no answer in time, or only a temporary one.
    #[error("the scheduler did not answer")]
    Unknown,
}

/// The reaper's event.
#[derive(Serialize)]
struct Event<'a> {
    reclaim: Reclaim<'a>,
}

#[derive(Serialize)]
struct Reclaim<'a> {
    wallet: &'a str,
    phone_number: &'a str,
}

/// A schedule, made once for creating and updating.
struct Schedule {
    name: String,
    at: String,
    window: FlexibleTimeWindow,
    target: Target,
}

impl Alarms {
    /// A client that shares our connections. Connects at the first request.
    pub fn new(config: AlarmsConfig) -> Self {
        Self {
            client: Client::new(&config.service.sdk(Neighbour::Scheduler, ATTEMPTS).build()),
            group: config.group,
            role_arn: config.role_arn,
            reaper_arn: config.reaper_arn,
            dead_letters_arn: config.dead_letters_arn,
        }
    }

    /// Has the reaper look at this wallet's lease of this number at `at`. A number has one alarm: a
    /// renewal moves it, and so does the next lease.
    pub async fn set(
        &self,
        wallet: &Wallet,
        number: &PhoneNumber,
        at: Timestamp,
        limit: Duration,
    ) -> Result<(), AlarmError> {
        let schedule = self.schedule(wallet, number, at)?;
        let set = async {
            match self.create(&schedule).await {
                Err(error) if is(&error, CreateScheduleError::is_conflict_exception) => {
                    match self.update(&schedule).await {
                        // It fired in between, and is gone.
                        Err(error) if is(&error, UpdateScheduleError::is_resource_not_found_exception) => {
                            self.create(&schedule).await.map_err(|error| alarm_error(&error))
                        }
                        outcome => outcome.map_err(|error| alarm_error(&error)),
                    }
                }
                outcome => outcome.map_err(|error| alarm_error(&error)),
            }
        };
        tokio::time::timeout(limit, set).await.unwrap_or(Err(AlarmError::Unknown))
    }

    fn schedule(&self, wallet: &Wallet, number: &PhoneNumber, at: Timestamp) -> Result<Schedule, AlarmError> {
        let event = Event { reclaim: Reclaim { wallet: &wallet.caip10(), phone_number: number.as_str() } };
        let unfit = |_| AlarmError::Refused { code: "InvalidSchedule".into() };
        let input = serde_json::to_string(&event).map_err(|_| AlarmError::Unknown)?;
        Ok(Schedule {
            name: name(number),
            at: expression(at),
            window: FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().map_err(unfit)?,
            target: Target::builder()
                .arn(&self.reaper_arn)
                .role_arn(&self.role_arn)
                .dead_letter_config(DeadLetterConfig::builder().arn(&self.dead_letters_arn).build())
                .input(input)
                .build()
                .map_err(unfit)?,
        })
    }

    async fn create(&self, schedule: &Schedule) -> Result<(), Box<SdkError<CreateScheduleError>>> {
        self.client
            .create_schedule()
            .name(&schedule.name)
            .group_name(&self.group)
            .schedule_expression(&schedule.at)
            .flexible_time_window(schedule.window.clone())
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(schedule.target.clone())
            .send()
            .await
            .map_err(Box::new)?;
        Ok(())
    }

    /// An update replaces the whole schedule: what is not said again is lost.
    async fn update(&self, schedule: &Schedule) -> Result<(), Box<SdkError<UpdateScheduleError>>> {
        self.client
            .update_schedule()
            .name(&schedule.name)
            .group_name(&self.group)
            .schedule_expression(&schedule.at)
            .flexible_time_window(schedule.window.clone())
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(schedule.target.clone())
            .send()
            .await
            .map_err(Box::new)?;
        Ok(())
    }
}

/// At most 64 of `0-9a-zA-Z-_.`, which a number without its `+` fits.
fn name(number: &PhoneNumber) -> String {
    format!("lease-{}", number.as_str().trim_start_matches('+'))
}

/// UTC, in whole seconds, rounded up: an alarm that rings before its time is one for nothing.
fn expression(at: Timestamp) -> String {
    let second = at.as_second().saturating_add(i64::from(at.subsec_nanosecond() > 0));
    let at = Timestamp::from_second(second).unwrap_or(at);
    format!("at({})", at.to_string().trim_end_matches('Z'))
}

fn is<E>(error: &SdkError<E>, kind: fn(&E) -> bool) -> bool {
    error.as_service_error().is_some_and(kind)
}

fn alarm_error<E: ProvideErrorMetadata>(error: &SdkError<E>) -> AlarmError {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    match code {
        Some("ThrottlingException" | "InternalServerException") | None => AlarmError::Unknown,
        Some(code) => AlarmError::Refused { code: code.into() },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_credential_types::Credentials;

    use super::{AlarmError, Alarms, AlarmsConfig, Service, expression, name};
    use crate::types::{EvmNetwork, PhoneNumber, Timestamp, Wallet};
    use crate::wire::canned::{Asked, Canned};

    const CREATED: (u16, &str) =
        (200, r#"{"ScheduleArn":"arn:aws:scheduler:us-east-1:1:schedule/leases/lease-14155551234"}"#);
    const THERE: (u16, &str) = (409, r#"{"__type":"ConflictException","Message":"there"}"#);
    const GONE: (u16, &str) = (404, r#"{"__type":"ResourceNotFoundException","Message":"gone"}"#);

    async fn set(answers: &[(u16, &str)]) -> (Result<(), AlarmError>, Vec<Asked>) {
        let scheduler = Canned::answering(answers);
        let alarms = Alarms::new(AlarmsConfig {
            service: Service {
                region: "us-east-1".into(),
                credentials: Credentials::from_keys("AKID", "secret", None),
                endpoint: Some(scheduler.url.clone()),
            },
            group: "leases".into(),
            role_arn: "arn:aws:iam::1:role/reaper".into(),
            reaper_arn: "arn:aws:lambda:us-east-1:1:function:reaper".into(),
            dead_letters_arn: "arn:aws:sqs:us-east-1:1:dead".into(),
        });
        let wallet = Wallet::on(EvmNetwork::Base.into(), "0xCC8c44AD3dc2A58D841c3EB26131E49b22665EF8").unwrap();
        let number = PhoneNumber::parse("+14155551234").unwrap();
        let at = Timestamp::from_second(1_781_697_600).unwrap();
        let outcome = alarms.set(&wallet, &number, at, Duration::from_secs(10)).await;
        (outcome, scheduler.asked())
    }

    #[tokio::test]
    async fn an_alarm_says_when_and_for_whom() {
        let (outcome, asked) = set(&[CREATED]).await;
        assert_eq!(outcome, Ok(()));
        let asked = asked.first().unwrap();
        assert_eq!(asked.line, "POST /schedules/lease-14155551234");
        for part in [
            r#""GroupName":"leases""#,
            r#""ScheduleExpression":"at(2026-06-17T12:00:00)""#,
            r#""FlexibleTimeWindow":{"Mode":"OFF"}"#,
            r#""ActionAfterCompletion":"DELETE""#,
            r#""Arn":"arn:aws:lambda:us-east-1:1:function:reaper""#,
            r#""RoleArn":"arn:aws:iam::1:role/reaper""#,
            r#""DeadLetterConfig":{"Arn":"arn:aws:sqs:us-east-1:1:dead"}"#,
            r#""Input":"{\"reclaim\":{\"wallet\":\"eip155:8453:0xcc8c44ad3dc2a58d841c3eb26131e49b22665ef8\",\"phone_number\":\"+14155551234\"}}""#,
        ] {
            assert!(asked.body.contains(part), "{part} in {}", asked.body);
        }
    }

    #[tokio::test]
    async fn an_alarm_that_is_set_is_moved() {
        let (outcome, asked) = set(&[THERE, CREATED]).await;
        assert_eq!(outcome, Ok(()));
        let moved = asked.last().unwrap();
        assert_eq!(moved.line, "PUT /schedules/lease-14155551234");
        assert!(moved.body.contains("reclaim") && moved.body.contains("arn:aws:sqs:us-east-1:1:dead"));
        assert!(moved.body.contains(r#""ActionAfterCompletion":"DELETE""#));

        let (outcome, asked) = set(&[THERE, GONE, CREATED]).await;
        assert_eq!((outcome, asked.len()), (Ok(()), 3));
    }

    #[tokio::test]
    async fn an_alarm_that_cannot_be_set_says_whether_it_ever_will() {
        let refused = r#"{"__type":"ValidationException","Message":"role"}"#;
        let code = "ValidationException".into();
        assert_eq!(set(&[(400, refused)]).await.0, Err(AlarmError::Refused { code }));
        let broken = r#"{"__type":"InternalServerException","Message":"x"}"#;
        assert_eq!(set(&[(500, broken), (500, broken)]).await.0, Err(AlarmError::Unknown));
        // A repetition within the limit.
        assert_eq!(set(&[(500, broken), CREATED]).await.0, Ok(()));
    }

    #[test]
    fn a_time_is_rounded_up_and_a_name_fits() {
        let at = Timestamp::from_millisecond(1_781_697_600_001).unwrap();
        assert_eq!(expression(at), "at(2026-06-17T12:00:01)");
        let longest = PhoneNumber::parse("+823456789012345").unwrap();
        assert_eq!(name(&longest), "lease-823456789012345");
    }
}
