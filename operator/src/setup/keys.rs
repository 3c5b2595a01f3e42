//! Credentials: the API key that the functions use at Twilio, and Bland's handle of the account.
//! Each is kept before anything that it replaces is deleted; one that was made and never kept is
//! useless, and is cleared away where that can be seen.

use shared::upstream::bland::Bland;
use shared::upstream::twilio::TwilioError;
use shared::upstream::twilio::account::{Account, Accounts};

use super::Course;
use super::vault::Secret;
use crate::show::ASK;
use crate::terminal::Trouble;

const KEY: &str = "Twilio key";
const HANDLE: &str = "Bland handle";

/// What to do where there is no account to make something for.
const NO_ACCOUNT: &str = "Set TWILIO_MAIN_SID and TWILIO_MAIN_TOKEN, and see to the sub-account: then one is made.";
const NO_PLACE: &str = "Run this again with --stack once the stack is there, or use --print.";

impl Course {
    /// The functions' key: as it is, if Twilio takes it; else a new one.
    pub(super) async fn function_key(
        &mut self,
        main: Option<&Accounts>,
        account: Option<&Account>,
    ) -> Result<(), Trouble> {
        let mut secret = Secret::read(self, "TWILIO_SECRET", "twilio").await?;
        secret.show(self);
        let known = secret.get("api_key").zip(secret.get("api_secret")).is_some();
        let refused = if self.options.new_keys {
            "a new one is wanted".to_owned()
        } else if known {
            match self.key_works().await {
                Ok(()) => {
                    self.ready(KEY, "Twilio takes it");
                    self.clear_keys(main, account, secret.id()).await;
                    return Ok(());
                }
                Err(TwilioError::Account(said)) => format!("Twilio does not take it: {said}"),
                Err(error) => {
                    self.missing(KEY, error.to_string(), "Run this again when Twilio answers.");
                    return Ok(());
                }
            }
        } else {
            "there is none".to_owned()
        };
        let Some((main, account)) = main.zip(account) else {
            self.missing(KEY, refused, NO_ACCOUNT);
            return Ok(());
        };
        if self.options.check {
            self.missing(KEY, refused, "Run this without --check: it makes one.");
        } else if !secret.has_a_place(self) {
            self.missing(KEY, refused, NO_PLACE);
        } else {
            match main.create_key(account, &self.key_name(), ASK).await {
                Ok(key) => {
                    secret.keep(self, &[("api_key", &key.sid), ("api_secret", &key.secret)]).await?;
                    self.done(KEY, "made, and kept where the functions find it");
                    if !self.options.print {
                        self.clear_keys(Some(main), Some(account), secret.id()).await;
                    }
                }
                Err(error) => {
                    self.missing(KEY, error.to_string(), "Run this again: a key that was lost is cleared away.");
                }
            }
        }
        Ok(())
    }

    async fn key_works(&self) -> Result<(), TwilioError> {
        let Some(twilio) = self.desk.settings.twilio() else { return Err(TwilioError::NotSent) };
        twilio.all_owned(None, ASK).await.map(drop)
    }

    /// What keys of this deployment's are called: another deployment may use the same account.
    fn key_name(&self) -> String {
        let whose = self.desk.settings.get("STACK").or_else(|| self.desk.settings.get("TABLE_NAME"));
        format!("dialtone {}", whose.unwrap_or("functions")).chars().take(64).collect()
    }

    /// Deletes this deployment's keys but the one that is kept: they were made by a run that did
    /// not come to keep them. Which one is kept is asked when it is known which there are, since
    /// another run may have made and kept one meanwhile.
    async fn clear_keys(&mut self, main: Option<&Accounts>, account: Option<&Account>, id: Option<&str>) {
        let Some((main, account)) = main.zip(account).filter(|_| !self.options.check) else { return };
        let (ours, Ok(keys)) = (self.key_name(), main.keys(account, ASK).await) else { return };
        let Some(kept) = self.kept_key(id).await else { return };
        // Only where the kept one is among them do we know what we are looking at.
        if !keys.iter().any(|key| key.sid == kept && key.name == ours) {
            return;
        }
        for key in keys.iter().filter(|key| key.name == ours && key.sid != kept) {
            match main.delete_key(account, &key.sid, ASK).await {
                Ok(()) => self.done(KEY, "one was cleared away that an earlier run had made and not kept"),
                Err(error) => self.note(KEY, format!("one that is not kept anywhere could not be deleted ({error})")),
            }
        }
        // Between the question and the deletion another run may have kept the very one that is gone
        // now.
        if self.kept_key(id).await.is_some_and(|now| now != kept) {
            self.missing(KEY, "another run has made one at the same time", "Run this once more, alone.");
        }
    }

    /// The key that the functions find now.
    async fn kept_key(&self, id: Option<&str>) -> Option<String> {
        let fields = match id {
            Some(id) => self.desk.settings.aws().ok()?.secret(id).await.ok()??,
            None => self.desk.settings.secret("TWILIO_SECRET").await.ok()??,
        };
        fields.get("api_key").and_then(serde_json::Value::as_str).map(str::to_owned)
    }

    /// The dialler: its organisation, and its handle of the account that holds the numbers.
    pub(super) async fn dialler(&mut self, account: Option<&Account>) -> Result<(), Trouble> {
        let mut secret = Secret::read(self, "BLAND_SECRET", "bland").await?;
        let given = self.desk.settings.get("BLAND_API_KEY").map(str::to_owned);
        let Some(api_key) = secret.get("api_key").map(str::to_owned).or(given) else {
            let next = "Set BLAND_API_KEY: it stands in Bland's dashboard under API keys.";
            self.missing("Bland", "there is no key", next);
            return Ok(());
        };
        let handle = secret.get("encrypted_key").map(str::to_owned);
        // Its client wants both; what is asked with a handle is asked only where there is one.
        secret.show_with(self, &[("api_key", &api_key), ("encrypted_key", handle.as_deref().unwrap_or("none"))]);
        let Some(bland) = self.desk.settings.bland() else {
            self.missing("Bland", "its key cannot be used", "Look at BLAND_API_KEY.");
            return Ok(());
        };
        if !self.organisation(&bland).await {
            return Ok(());
        }
        self.handle(&bland, &mut secret, &api_key, account).await
    }

    async fn handle(
        &mut self,
        bland: &Bland,
        secret: &mut Secret,
        api_key: &str,
        account: Option<&Account>,
    ) -> Result<(), Trouble> {
        let made_for = secret.get("encrypted_for").map(str::to_owned);
        let other = account.zip(made_for.as_ref()).is_some_and(|(account, sid)| account.sid != *sid);
        if secret.get("encrypted_key").is_some() && !other && !self.options.new_keys {
            match made_for {
                Some(_) => self.ready(HANDLE, "made for this sub-account"),
                None => self.ready(HANDLE, "there; importing a number will show whether it is for this sub-account"),
            }
            return Ok(());
        }
        let said = match (self.options.new_keys, other) {
            (true, _) => "a new one is wanted",
            (false, true) => "it is for another account",
            (false, false) => "there is none",
        };
        let Some(account) = account else {
            self.missing(HANDLE, said, NO_ACCOUNT);
            return Ok(());
        };
        // Whatever came before: with this token Bland could do all that the main account can.
        if account.owner == account.sid {
            self.missing(HANDLE, said, "Deploy with a sub-account: the main account's Auth Token is not given away.");
            return Ok(());
        }
        if self.options.check {
            self.missing(HANDLE, said, "Run this without --check: it makes one.");
        } else if !secret.has_a_place(self) {
            self.missing(HANDLE, said, NO_PLACE);
        } else {
            match bland.encrypted_key(&account.sid, &account.token, ASK).await {
                Ok(handle) => {
                    let fields = [("api_key", api_key), ("encrypted_key", &handle), ("encrypted_for", &account.sid)];
                    secret.keep(self, &fields).await?;
                    self.done(HANDLE, "made from the sub-account's Auth Token, and kept where the functions find it");
                }
                Err(error) => {
                    self.missing(HANDLE, error.to_string(), "Run this again; if it stays so, ask Bland's support.");
                }
            }
        }
        Ok(())
    }
}
