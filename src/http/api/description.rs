//! `/api/openapi.json` (`OpenAPI` 3.1), made from the handlers, and `/api/docs`, the page to try it.

use super::ApiState;
use super::key::IdempotencyKey;
use super::problem::Problem;
use crate::model::{Code, ConversationId, Emoji, InviteCode, LabelId, Seq, SessionId, UserId};
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use std::sync::Arc;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Info, License, OpenApi, Ref, RefOr, Required, ResponseBuilder, SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};

/// Where the description is.
const JSON: &str = "/api/openapi.json";
/// What the page to try it needs: its own scripts and pictures, styles that its scripts write, and the interface itself.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// What stands at the top of the description.
const ABOUT: &str = "Everything a person does in Tidings, with the same rules and the same words as on the socket. \
    Log in with `POST /api/v1/sessions` and send the token as `Authorization: Bearer`. Every refusal is \
    `application/problem+json` (RFC 9457) with a stable `code`. `docs/api.md` in the source is the reference and a tutorial.";

/// The routes of the description and its page.
pub fn router(mut found: OpenApi) -> Router<ApiState> {
    complete(&mut found);
    // What utoipa makes can be written.
    let json = Bytes::from(serde_json::to_vec(&found).unwrap_or_default());
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], json) };
    Router::new()
        .route(JSON, get(answer))
        .route("/api/docs", get(async || Redirect::permanent("/api/docs/")))
        .route("/api/docs/", get(async || page("index.html")))
        .route("/api/docs/{*file}", get(async |Path(file): Path<String>| page(&file)))
}

/// A file of the page.
fn page(file: &str) -> Response {
    let config = Arc::new(utoipa_swagger_ui::Config::from(JSON));
    match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(found)) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_str(&found.content_type).ok()),
                (header::CONTENT_SECURITY_POLICY, Some(PAGE_POLICY)),
            ];
            let mut response = Bytes::from(found.bytes.into_owned()).into_response();
            for (name, value) in headers {
                if let Some(value) = value {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Ok(None) => Problem::new(Code::NotFound, "The page has no such file; it begins at /api/docs/.").into_response(),
        Err(error) => {
            tracing::error!(%error, "a file of the page at /api/docs could not be made");
            Problem::new(Code::Unavailable, "The page cannot be shown; /api/openapi.json may help.").into_response()
        }
    }
}

/// Adds what is the same for many operations, so that no handler repeats it: parameters of paths, the idempotency key, who may
/// ask, and the problems.
pub fn complete(api: &mut OpenApi) {
    api.info = Info::builder()
        .title("Tidings")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(License::new("MIT")))
        .build();
    let components = api.components.get_or_insert_with(Components::new);
    add_schemas(components);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A session token (`tds_…`), as `POST /api/v1/sessions` gives it."))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let cookie = ApiKeyValue::with_description("tidings", "A browser session; over TLS its name is `__Host-tidings`.");
    components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let none: [&str; 0] = [];
    api.security = Some(vec![SecurityRequirement::new("bearer", none), SecurityRequirement::new("cookie", none)]);
    for (path, item) in &mut api.paths.paths {
        let unsafe_ones = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in unsafe_ones.into_iter().flatten() {
            complete_operation(path, operation);
            if operation.security.is_none() && !is_keyless(path) {
                let words = "A name that the caller makes for this request, best of all a UUID of version 7, which counts for \
                             seven days; any other for one. The same again gives the first outcome and changes nothing.";
                add_parameter::<IdempotencyKey>(
                    operation,
                    "Idempotency-Key",
                    ParameterIn::Header,
                    Required::False,
                    words,
                );
            }
        }
        if let Some(operation) = &mut item.get {
            complete_operation(path, operation);
        }
    }
}

/// Whether the changes of an address carry no key: they are made of what is there, or can be repeated freely.
fn is_keyless(path: &str) -> bool {
    path.contains("/admin/")
        || path.contains("/apps/")
        || path.contains("/hooks")
        || path.contains("/mcp-tokens")
        || ["/me/password", "/me/deletion", "/read", "/delivered"].iter().any(|end| path.ends_with(end))
}

fn add_schemas(components: &mut Components) {
    fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<utoipa::openapi::Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
    let mut schemas = Vec::new();
    add::<Problem>(&mut schemas);
    add::<ConversationId>(&mut schemas);
    add::<Seq>(&mut schemas);
    add::<SessionId>(&mut schemas);
    add::<UserId>(&mut schemas);
    add::<LabelId>(&mut schemas);
    add::<InviteCode>(&mut schemas);
    add::<Emoji>(&mut schemas);
    add::<IdempotencyKey>(&mut schemas);
    components.schemas.extend(schemas);
}

/// The problems that any operation may answer with, and when.
const PROBLEMS: &[(u16, &str)] = &[
    (400, "Something in the request is not right; `detail` names it."),
    (401, "Nobody is logged in, or the session has ended."),
    (403, "The caller may not do this; `code` says why."),
    (404, "There is no such thing, or the caller may not know of it."),
    (405, "This address does not take this method."),
    (408, "The body did not come in time."),
    (409, "It clashes with what is there."),
    (410, "The time for this has passed."),
    (413, "Something is larger than its limit."),
    (415, "The body is not said to be JSON."),
    (422, "The idempotency key was used for something else, or is too old."),
    (429, "Too many requests; `Retry-After` says when to come back."),
    (503, "The server cannot do it now; try again with the same key."),
];

fn complete_operation(path: &str, operation: &mut Operation) {
    for (status, words) in PROBLEMS {
        let status = status.to_string();
        operation.responses.responses.entry(status).or_insert_with(|| {
            let content =
                ContentBuilder::new().schema(Some(RefOr::Ref(Ref::from_schema_name(Problem::name())))).build();
            let response =
                ResponseBuilder::new().description(*words).content(super::problem::PROBLEM_JSON, content).build();
            response.into()
        });
    }
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    for name in names {
        let known = operation.parameters.iter().flatten().any(|parameter| is_named(parameter, name));
        if !known {
            add_path_parameter(operation, name);
        }
    }
}

fn is_named(parameter: &RefOr<Parameter>, name: &str) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.name == name)
}

fn add_path_parameter(operation: &mut Operation, name: &str) {
    let required = Required::True;
    let place = ParameterIn::Path;
    match name {
        "conversation" => add_parameter::<ConversationId>(operation, name, place, required, "The conversation."),
        "seq" => add_parameter::<Seq>(operation, name, place, required, "The seq of the entry."),
        "label" => add_parameter::<LabelId>(operation, name, place, required, "The label."),
        "code" => add_parameter::<InviteCode>(operation, name, place, required, "The secret part of the link."),
        "user" => add_parameter::<UserId>(operation, name, place, required, "The id of the user."),
        "emoji" => add_parameter::<Emoji>(operation, name, place, required, "The emoji, percent-encoded."),
        // Others say themselves what they are.
        _ => {}
    }
}

fn add_parameter<T: ToSchema + PartialSchema>(
    operation: &mut Operation,
    name: &str,
    place: ParameterIn,
    required: Required,
    words: &str,
) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(words))
        .schema(Some(RefOr::Ref(Ref::from_schema_name(T::name()))))
        .build();
    operation.parameters.get_or_insert_with(Vec::new).push(RefOr::T(parameter));
}
