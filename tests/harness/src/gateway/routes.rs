//! Which route a request takes: the most specific path, and then the method over ANY.

use super::PathParameters;
use crate::template::{DEFAULT_ROUTE, Route};

/// The route for a request, and the values of the parameters in its path.
pub(super) fn find<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<(&'a Route, PathParameters)> {
    routes
        .iter()
        .filter(|route| route.method.as_deref().is_none_or(|wanted| wanted == method))
        .filter_map(|route| Some((route, parameters(&route.path, path)?)))
        // The default route last; fewer parameters first, then a named method before ANY.
        .min_by_key(|(route, parameters)| (route.path == DEFAULT_ROUTE, parameters.len(), route.method.is_none()))
}

/// A trailing slash, another case or an empty parameter make another path.
fn parameters(template: &str, path: &str) -> Option<PathParameters> {
    if template == DEFAULT_ROUTE {
        return Some(PathParameters::new());
    }
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    let mut found = PathParameters::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(wanted), Some(given)) => match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) if name.ends_with('+') => panic!("the gateway has no greedy parameters: {template}"),
                Some(_) if given.is_empty() => return None,
                Some(name) => _ = found.insert(name.to_owned(), super::event::decode(given, false)),
                None if wanted == given => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Option<&str>, path: &str) -> Route {
        Route { function: path.to_owned(), method: method.map(str::to_owned), path: path.to_owned() }
    }

    #[test]
    fn the_most_specific_route_wins() {
        let routes = [route(None, "/call/{id}"), route(None, "/call/mine"), route(Some("GET"), "/call/{id}")];
        let found =
            |method, path| find(&routes, method, path).map(|(route, _)| (route.path.clone(), route.method.clone()));
        assert_eq!(found("POST", "/call/mine"), Some(("/call/mine".into(), None)));
        assert_eq!(found("POST", "/call/1"), Some(("/call/{id}".into(), None)));
        assert_eq!(found("GET", "/call/1"), Some(("/call/{id}".into(), Some("GET".into()))));
    }

    #[test]
    fn the_default_route_takes_what_no_other_does() {
        let routes = [route(None, DEFAULT_ROUTE), route(Some("GET"), "/call/{id}")];
        let found = |method, path| find(&routes, method, path).map(|(route, given)| (route.path.clone(), given.len()));
        assert_eq!(found("GET", "/call/1"), Some(("/call/{id}".into(), 1)));
        for (method, path) in [("POST", "/call/1"), ("GET", "/call/1/"), ("GET", "/"), ("PUT", "//x")] {
            assert_eq!(found(method, path), Some((DEFAULT_ROUTE.into(), 0)), "{method} {path}");
        }
    }

    #[test]
    fn what_is_not_exactly_a_route_is_none() {
        let routes = [route(None, "/call/{id}")];
        for path in ["/call", "/call/", "/call/1/", "/Call/1", "/call/1/2"] {
            assert!(find(&routes, "GET", path).is_none(), "{path}");
        }
        let (_, parameters) = find(&routes, "GET", "/call/a%20b+c").expect("a route");
        assert_eq!(parameters["id"], "a b+c");
    }
}
