//! The query protocol of AWS's older services: forms in, XML out.

use roxmltree::{Document, Node};

use super::{Asked, Aws, LIMIT, encoded};
use crate::terminal::Trouble;

/// A service that speaks it.
pub(super) struct Place<'a> {
    /// Its name in signatures.
    pub(super) service: &'static str,
    /// Its name.
    pub(super) name: &'static str,
    pub(super) url: &'a str,
    pub(super) version: &'static str,
}

impl Aws {
    /// An answer in XML. What is refused is told in the service's own words: what is asked here is
    /// not secret.
    pub(super) async fn query(
        &self,
        place: &Place<'_>,
        action: &str,
        form: &[(String, String)],
    ) -> Result<String, Trouble> {
        let own = [("Action".to_owned(), action.to_owned()), ("Version".to_owned(), place.version.to_owned())];
        let pair = |(name, value): &(String, String)| format!("{}={}", encoded(name), encoded(value));
        let body = own.iter().chain(form).map(pair).collect::<Vec<_>>().join("&");
        let url = format!("{}/", place.url);
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let again = ["Describe", "List", "Get"].iter().any(|verb| action.starts_with(verb));
        let (service, body) = (place.service, body.as_bytes());
        let asked = Asked { service, method: "POST", url: &url, headers: &headers, body, limit: LIMIT, again };
        let (status, bytes) = self.send(asked).await?;
        let told = String::from_utf8(bytes).map_err(|_| Trouble(format!("AWS {}: unreadable", place.name)))?;
        if (200..300).contains(&status) {
            return Ok(told);
        }
        let why = parsed(&told).map(|told| text(told.root_element(), "Message")).unwrap_or_default();
        let why = if why.is_empty() { status.to_string() } else { why };
        Err(Trouble(format!("AWS {}, in {}: {why}", place.name, self.signer.region)))
    }
}

pub(super) fn parsed(told: &str) -> Result<Document<'_>, Trouble> {
    Document::parse(told).map_err(|_| Trouble::new("AWS gave an answer that is not XML"))
}

/// The members of the list of this name, wherever it is.
pub(super) fn members<'a>(root: Node<'a, 'a>, list: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    let list = root.descendants().find(move |node| node.tag_name().name() == list);
    list.into_iter().flat_map(|list| list.children().filter(|node| node.tag_name().name() == "member"))
}

/// What stands in the first element of this name; nothing, where there is none.
pub(super) fn text(root: Node<'_, '_>, name: &str) -> String {
    let found = root.descendants().find(|node| node.tag_name().name() == name);
    found.and_then(|node| node.text()).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{members, parsed, text};

    #[test]
    fn a_list_has_its_members_and_no_others() {
        let told = "<R xmlns='http://cloudformation.amazonaws.com/doc/2010-05-15/'><X><Stacks><member>\
            <Parameters><member><ParameterKey>A</ParameterKey><ParameterValue/></member>\
            <member><ParameterKey>B</ParameterKey><ParameterValue>1 &amp; 2</ParameterValue></member></Parameters>\
            <Outputs><member><OutputKey>C</OutputKey></member></Outputs></member></Stacks></X></R>";
        let told = parsed(told).unwrap();
        let found: Vec<_> = members(told.root_element(), "Parameters")
            .map(|member| (text(member, "ParameterKey"), text(member, "ParameterValue")))
            .collect();
        assert_eq!(found, [("A".to_owned(), String::new()), ("B".to_owned(), "1 & 2".to_owned())]);
        assert_eq!(members(told.root_element(), "Tags").count(), 0);
        assert!(parsed("{}").is_err());
    }
}
