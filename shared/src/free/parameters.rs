//! What stands in the address behind the question mark, read by the table of the API. Pure.

use lambda_http::{Request, RequestExt};

use crate::api::Integer;
use crate::refusal::Refusal;

/// A whole number, written as one and once; what it is where nothing is said, if it is not there.
pub(super) fn integer(request: &Request, limit: &Integer) -> Result<u32, Refusal> {
    let parameters = request.query_string_parameters_ref();
    let given = parameters.and_then(|parameters| parameters.all(limit.field)).unwrap_or_default();
    let Some((text, more)) = given.split_first() else { return Ok(limit.default) };
    let read = text.parse::<u32>().ok().filter(|number| number.to_string() == *text);
    match read.filter(|number| (limit.least..=limit.most).contains(number)) {
        Some(number) if more.is_empty() => Ok(number),
        Some(_) => Err(Refusal::bad(limit.field, "is there twice; send it once")),
        None => {
            let what = format!("must be a whole number from {} to {}, in seconds", limit.least, limit.most);
            Err(Refusal::bad(limit.field, what))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use lambda_http::{Body, Request, RequestExt};

    use super::integer;
    use crate::api::WAIT;

    fn read(given: &[&str]) -> Result<u32, String> {
        let all = given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let parameters = HashMap::from([("wait".to_owned(), all), ("other".to_owned(), vec!["x".to_owned()])]);
        let request = Request::new(Body::Empty).with_query_string_parameters(parameters);
        integer(&request, &WAIT).map_err(|refusal| refusal.facts().message)
    }

    #[test]
    fn a_number_within_its_limits_is_read_and_nothing_else_is() {
        assert_eq!(integer(&Request::new(Body::Empty), &WAIT).ok(), Some(0));
        for (text, number) in [("0", 0), ("1", 1), ("20", 20)] {
            assert_eq!(read(&[text]), Ok(number));
        }
        for text in
            ["", " ", "21", "-1", "+5", "05", "5.0", "1e1", "0x5", " 5", "5 ", "5s", "true", "٥", "4294967301", "1,2"]
        {
            let refused = read(&[text]).unwrap_err();
            assert!(
                refused.starts_with("`wait`: must be a whole number from 0 to 20, in seconds."),
                "{text:?}: {refused}"
            );
        }
        assert!(read(&["5", "5"]).unwrap_err().starts_with("`wait`: is there twice"));
    }
}
