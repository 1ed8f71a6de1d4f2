//! Forms of what is published: `multipart/form-data`, as `curl -F` sends to Gotify, and queries in place of ntfy's headers.

use super::form;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Fields of one form.
const FIELDS_MAX: usize = 64;
/// What ntfy takes from the query as well, by the longer names.
const OF_QUERY: [&str; 9] = ["title", "message", "priority", "tags", "click", "attach", "markdown", "actions", "topic"];

/// The fields of a form in parts. Files are passed over.
pub fn of_form(kind: &str, text: &str) -> Result<Vec<(String, String)>, String> {
    let boundary = parameter(kind, "boundary").filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or("`Content-Type` of a form in parts names its `boundary`.")?;
    let mark = format!("--{boundary}");
    let mut fields = Vec::new();
    // Before the first mark stands nothing, behind the last one `--`.
    for part in text.split(mark.as_str()).skip(1).take(FIELDS_MAX) {
        let Some((head, value)) = part.split_once("\r\n\r\n") else { continue };
        let about = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
        let Some(about) = about.filter(|about| parameter(about, "filename").is_none()) else { continue };
        if let Some(name) = parameter(about, "name") {
            fields.push((name, value.strip_suffix("\r\n").unwrap_or(value).to_owned()));
        }
    }
    Ok(fields)
}

/// A parameter of a header: `; name=value` or `; name="value"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let of_name = |part: &str| {
        let (key, value) = part.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim_matches('"').to_owned())
    };
    header.split(';').skip(1).find_map(of_name)
}

/// Headers with what the query says in their place; a header counts more.
pub fn with_query(mut headers: HeaderMap, query: Option<&str>) -> HeaderMap {
    for (name, value) in form(query.unwrap_or_default()) {
        let name = name.to_ascii_lowercase();
        let name = name.strip_prefix("x-").unwrap_or(&name);
        let known = OF_QUERY.iter().copied().find(|known| *known == name).map(HeaderName::from_static);
        if let (Some(known), Ok(value)) = (known, HeaderValue::from_bytes(value.as_bytes())) {
            headers.entry(known).or_insert(value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_in_parts_has_the_fields_that_curl_sends() {
        let body = "--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nmy title\r\n\
                    --------------------------d74496d66958873e\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\ntwo\r\nlines\r\n\
                    --------------------------d74496d66958873e\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nfile\r\n\
                    --------------------------d74496d66958873e--\r\n";
        let kind = "multipart/form-data; boundary=------------------------d74496d66958873e";
        let expected =
            vec![("title".to_owned(), "my title".to_owned()), ("message".to_owned(), "two\r\nlines".to_owned())];
        assert_eq!(of_form(kind, body), Ok(expected));
        assert!(of_form("multipart/form-data", body).is_err());
        assert_eq!(of_form("multipart/form-data; boundary=x", "--x--"), Ok(Vec::new()));
    }

    #[test]
    fn a_query_stands_in_place_of_headers() {
        let headers =
            HeaderMap::from_iter([(HeaderName::from_static("title"), HeaderValue::from_static("the header's"))]);
        let headers = with_query(headers, Some("title=x&X-Priority=high&tags=a,b&token=secret&message=a%0Ab"));
        let found = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            (found("title"), found("priority"), found("tags")),
            (Some("the header's"), Some("high"), Some("a,b"))
        );
        assert_eq!((found("token"), found("message")), (None, None), "no line breaks");
    }
}
