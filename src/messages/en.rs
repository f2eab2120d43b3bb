//! The messages in English, which also defines them: each has a name and a text. `{max}` stands for a parameter.
//!
//! Where Django or Django REST Framework has a text for the same thing it is theirs, which existing clients know.

use super::Language;

/// English, in which every message has a text.
pub const ENGLISH: Language = Language { tag: "en", template: |id| Some(id.english()) };

macro_rules! define {
    ($($(#[doc = $section:literal])? $id:ident = $text:literal;)*) => {
        /// A message that a client or an operator may read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
        pub enum MessageId {
            $(#[doc = $text] $id,)*
        }

        impl MessageId {
            /// The text in English, with the parameters' names in braces.
            pub(super) fn english(self) -> &'static str {
                match self {
                    $(Self::$id => $text,)*
                }
            }
        }
    };
}

define! {
    /// A field of the profile.
    Blank = "This field may not be blank.";
    ControlCharacters = "Control characters are not allowed.";
    EmailTaken = "A user with that email already exists.";
    InvalidChoice = "\"{input}\" is not a valid choice.";
    InvalidEmail = "Enter a valid email address.";
    InvalidUrl = "Enter a valid URL.";
    InvalidUsername = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";
    InvalidValue = "Enter a valid value.";
    MobileNumberTaken = "A user with that mobile number already exists.";
    NotAString = "Not a valid string.";
    NotUnique = "This field must be unique.";
    Null = "This field may not be null.";
    NullCharacters = "Null characters are not allowed.";
    ReadOnly = "This field is read-only.";
    Required = "This field is required.";
    SurrogateCharacters = "Surrogate characters are not allowed: U+{code_point}.";
    TooLong = "Ensure this field has no more than {max} characters.";
    UnknownField = "Unknown field.";
    UsernameTaken = "A user with that username already exists.";

    /// A version of the profile.
    IfMatchWithoutTag = "If-Match has no strong entity tag. Send the ETag as it was received, in its quotes and without W/.";
    InvalidVersion = "Not a version. Pass the value of `Customer.version`.";
    VersionConflict = "The profile has changed meanwhile. Read it again before you update it.";

    /// Authentication.
    CredentialsNotProvided = "Authentication credentials were not provided.";
    InactiveUser = "User inactive or deleted.";
    InvalidToken = "Invalid token.";
    TokenHasInvalidCharacters = "Invalid token header. Token string should not contain invalid characters.";
    TokenHasSpaces = "Invalid token header. Token string should not contain spaces.";
    TokenMissing = "Invalid token header. No credentials provided.";

    /// HTTP, and the server itself.
    BodyIncomplete = "Request body incomplete.";
    BodyTooLarge = "Request body too large: the limit is {limit} bytes.";
    BodyTooSlow = "Request body too slow: it must be complete within {seconds} seconds.";
    InternalError = "Internal server error.";
    MethodNotAllowed = "Method \"{method}\" not allowed.";
    NotFound = "Not found.";
    OutcomeUnknown = "Service temporarily unavailable: the update may or may not have been stored. Read the profile before you try again.";
    Throttled = "Request was throttled. Expected available in {seconds} seconds.";
    ThrottledOneSecond = "Request was throttled. Expected available in {seconds} second.";
    Unavailable = "Service temporarily unavailable, try again later.";
    UnsupportedMediaType = "Unsupported media type \"{media_type}\" in request.";

    /// A body of the REST API.
    JsonTooDeep = "JSON parse error - nested too deeply";
    JsonUnexpectedCharacter = "JSON parse error - unexpected character: line {line} column {column}";
    JsonUnexpectedEnd = "JSON parse error - unexpected end: line {line} column {column}";
    JsonWrongCharset = "JSON parse error - the text is not in its charset";
    NoData = "No data provided";
    NotABoolean = "Must be a valid boolean.";
    NotADictionary = "Invalid data. Expected a dictionary, but got {type}.";

    /// A request of the GraphQL API.
    EnumValueIsQuoted = "An enum value must be written without quotes.";
    FragmentCycle = "A fragment spreads itself.";
    GraphqlMediaType = "Unsupported media type: send application/json in UTF-8, without a content encoding.";
    GraphqlMethod = "GraphQL is served by GET and POST.";
    IntrospectionOff = "Introspection is switched off on this server.";
    MalformedRequest = "Malformed request: expected an object of query (a string), operationName (a string), variables and extensions (objects).";
    MutationByGet = "A mutation must be sent by POST.";
    NoQuery = "Malformed request: there is no query.";
    NotAcceptable = "Not acceptable: this server answers application/graphql-response+json and application/json.";
    OperationAmbiguous = "Must provide operation name if query contains multiple operations.";
    OperationUnknown = "Unknown operation name.";
    PersistedQueryMismatch = "The persisted query's hash is not the query's.";
    PersistedQueryNotFound = "PersistedQueryNotFound";
    PersistedQueryNotSupported = "PersistedQueryNotSupported";
    RepeatedRootField = "A mutation's root fields must have different names or aliases.";
    SyntaxError = "Syntax error.";
    UnterminatedString = "Syntax error: unterminated string.";

    /// A variable of a GraphQL request. The texts without a full stop stand for `{problem}`.
    VariableInvalid = "Variable \"${name}\" got an invalid value: {problem}.";
    VariableInvalidAt = "Variable \"${name}\" got an invalid value at \"{path}\": {problem}.";
    VariableMissing = "Variable \"${name}\" of required type \"{type}\" was not provided.";
    VariableNull = "Variable \"${name}\" of non-null type \"{type}\" must not be null.";
    ValueIsNoEnumValue = "expected one of {values}";
    ValueIsNoObject = "expected an object of type {type}";
    ValueIsNull = "must not be null";
    ValueIsOfAnotherType = "expected a value of type {type}";
    ValueIsRequired = "is required";
    ValueIsUnknownField = "there is no such field";

    /// A limit of a GraphQL document.
    AliasesLimit = "Too many aliases, with the fragments expanded: the limit is {limit}.";
    DepthLimit = "Too deeply nested fields: the limit is {limit}.";
    DirectivesLimit = "Too many directives: the limit is {limit}.";
    DocumentLimit = "The document is too large: the limit is {limit} bytes.";
    FieldsLimit = "Too many fields, with the fragments expanded: the limit is {limit}.";
    FragmentsLimit = "Too many fragments: the limit is {limit}.";
    IntrospectionLimit = "Too deep an introspection: the limit is {limit} nested lists.";
    NestingLimit = "Too deeply nested brackets: the limit is {limit}.";
    OperationsLimit = "Too many operations: the limit is {limit}.";
    RootFieldsLimit = "Too many root fields in a mutation: the limit is {limit}.";
    TokensLimit = "Too many tokens: the limit is {limit}.";
    VariablesLimit = "Too many variables: the limit is {limit}.";
}
