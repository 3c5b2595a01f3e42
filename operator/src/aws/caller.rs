//! Who asks, as AWS knows him.

use super::{Aws, stack};
use crate::terminal::Trouble;

impl Aws {
    /// The ARN of the user or the role whose credentials these are. No right is needed for that.
    pub(crate) async fn caller(&self) -> Result<String, Trouble> {
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let form = b"Action=GetCallerIdentity&Version=2011-06-15";
        let (status, told) = self.send("sts", "POST", &format!("{}/", self.sts), &headers, form).await?;
        let told = String::from_utf8_lossy(&told);
        let arn = if status == 200 { stack::text_of(&told, "Arn") } else { None };
        arn.ok_or_else(|| {
            Trouble(format!(
                "AWS STS does not say whose credentials these are ({status}), and what is changed is signed"
            ))
        })
    }
}
