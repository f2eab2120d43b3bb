//! The messages in Persian.
//!
//! Those that Django 5.2 or Django REST Framework 3.18 has are theirs to the byte, misspellings, missing full stops and
//! white space at the end included: clients of a Persian shop have seen them. The others are ours. Words of a protocol
//! (GraphQL's `query`, HTTP's `GET`) stay in Latin letters.

use super::{
    Language,
    MessageId::{self, *},
};

/// Persian.
pub const PERSIAN: Language = Language { tag: "fa", template: text };

fn text(id: MessageId) -> Option<&'static str> {
    Some(match id {
        // Django's and Django REST Framework's.
        Blank => "این مقدار نباید خالی باشد.",
        CredentialsNotProvided => "اطلاعات برای اعتبارسنجی ارسال نشده است.",
        InactiveUser => "کاربر غیر فعال یا حذف شده است.",
        InternalError => "خطای سمت سرور رخ داده است.",
        InvalidChoice => "\"{input}\" یک انتخاب معتبر نیست.",
        InvalidEmail => "پست الکترونیکی صحیح وارد کنید.",
        InvalidToken => "توکن هدر نامعتبر است. ",
        InvalidUrl => "یک URL معتبر وارد کنید",
        InvalidUsername => {
            "یک نام کاربری معتبر وارد کنید. این مقدار میتواند فقط شامل حروف، اعداد، و علامات @/./+/-/_ باشد."
        }
        InvalidValue => "یک مقدار معتبر وارد کنید.",
        MethodNotAllowed => "متد {method} مجاز نیست.",
        NotABoolean => "باید یک مقدار منطقی(بولی) معتبر باشد.",
        NotADictionary => "داده نامعتبر. باید دیکشنری ارسال می شد، اما {type} ارسال شده است.",
        NotAString => "یک رشته معتبر نیست.",
        NotFound => "یافت نشد.",
        NotUnique => "این فیلد باید یکتا باشد",
        Null => "این مقدار نباید توهی باشد.",
        NullCharacters => "کاراکترهای تهی مجاز نیستند.",
        Required => "این مقدار لازم است.",
        SurrogateCharacters => "کاراکترهای جایگزین مجاز نیستند: U+{code_point}.",
        Throttled | ThrottledOneSecond => {
            "تعداد درخواست\u{200c}های شما محدود شده است. انتظار می\u{200c}رود در {seconds} ثانیه در دسترس باشد."
        }
        TokenHasInvalidCharacters => "توکن هدر نامعتبر است. توکن شامل کاراکتر\u{200c}های نامعتبر است.",
        TokenHasSpaces => "توکن هدر نامعتبر است. توکن نباید شامل فضای خالی باشد.",
        TokenMissing => "توکن هدر نامعتبر است. اطلاعات هویتی ارائه نشده است.\u{a0}",
        TooLong => "مطمعن شوید طول این مقدار بیشتر از {max} نیست.",
        UnsupportedMediaType => "نوع رسانه {media_type} در درخواست پشتیبانی نمیشود.",
        UsernameTaken => "کاربری با آن نام کاربری وجود دارد.",

        // English there, too, and so are these words of a protocol that programs compare.
        JsonTooDeep | JsonUnexpectedCharacter | JsonUnexpectedEnd | JsonWrongCharset | NoData => return None,
        PersistedQueryNotFound | PersistedQueryNotSupported => return None,

        // Ours, as REST and GraphQL show them.
        BodyIncomplete => "بدنهٔ درخواست ناقص است.",
        BodyTooLarge => "بدنهٔ درخواست بیش از حد بزرگ است: حداکثر {limit} بایت مجاز است.",
        BodyTooSlow => "بدنهٔ درخواست دیر رسید: باید در {seconds} ثانیه کامل شود.",
        ControlCharacters => "کاراکترهای کنترلی مجاز نیستند.",
        EmailTaken => "کاربری با آن ایمیل وجود دارد.",
        IfMatchWithoutTag => {
            "If-Match برچسب قوی ندارد. مقدار ETag را همان\u{200c}طور که دریافت شده، در گیومه و بدون W/ بفرستید."
        }
        InvalidVersion => "این مقدار نسخه نیست. مقدار `Customer.version` را بفرستید.",
        MobileNumberTaken => "کاربری با آن شماره موبایل وجود دارد.",
        OutcomeUnknown => {
            "سرویس موقتاً در دسترس نیست و معلوم نیست که تغییر ذخیره شده باشد. پیش از تلاش دوباره، پروفایل را بخوانید."
        }
        ReadOnly => "این مقدار فقط خواندنی است.",
        Unavailable => "سرویس موقتاً در دسترس نیست. کمی بعد دوباره تلاش کنید.",
        UnknownField => "این فیلد ناشناخته است.",
        VersionConflict => "پروفایل در این میان تغییر کرده است. پیش از به\u{200c}روزرسانی، آن را دوباره بخوانید.",

        // Ours, as GraphQL alone shows them.
        EnumValueIsQuoted => "مقدار enum باید بدون علامت نقل قول نوشته شود.",
        FragmentCycle => "یک fragment خودش را در بر می\u{200c}گیرد.",
        GraphqlMediaType => {
            "نوع رسانه پشتیبانی نمی\u{200c}شود: application/json را با UTF-8 و بدون Content-Encoding بفرستید."
        }
        GraphqlMethod => "GraphQL فقط با GET و POST پاسخ می\u{200c}دهد.",
        IntrospectionOff => "introspection در این سرور خاموش است.",
        MalformedRequest => {
            "درخواست نادرست است: باید یک شیء با query (رشته)، operationName (رشته)، variables و extensions (شیء) باشد."
        }
        MutationByGet => "mutation باید با POST فرستاده شود.",
        NoQuery => "درخواست نادرست است: query ندارد.",
        NotAcceptable => "این سرور فقط با application/graphql-response+json و application/json پاسخ می\u{200c}دهد.",
        OperationAmbiguous => "وقتی query چند عملیات دارد، باید operationName را بفرستید.",
        OperationUnknown => "عملیاتی با این operationName وجود ندارد.",
        PersistedQueryMismatch => "هش persistedQuery با متن query نمی\u{200c}خواند.",
        RepeatedRootField => "فیلدهای ریشهٔ mutation باید نام یا alias متفاوت داشته باشند.",
        SyntaxError => "خطای نحوی.",
        UnterminatedString => "خطای نحوی: رشته بسته نشده است.",
        VariableInvalid => "مقدار متغیر \"${name}\" نامعتبر است: {problem}.",
        VariableInvalidAt => "مقدار متغیر \"${name}\" در \"{path}\" نامعتبر است: {problem}.",
        VariableMissing => "متغیر \"${name}\" از نوع الزامی \"{type}\" فرستاده نشده است.",
        VariableNull => "متغیر \"${name}\" از نوع \"{type}\" نباید null باشد.",
        ValueIsNoEnumValue => "باید یکی از {values} باشد",
        ValueIsNoObject => "باید شیئی از نوع {type} باشد",
        ValueIsNull => "نباید null باشد",
        ValueIsOfAnotherType => "باید مقداری از نوع {type} باشد",
        ValueIsRequired => "الزامی است",
        ValueIsUnknownField => "چنین فیلدی وجود ندارد",
        AliasesLimit => "تعداد aliasها، با باز شدن fragmentها، بیش از حد است: حداکثر {limit} مجاز است.",
        DepthLimit => "فیلدها بیش از حد تودرتو هستند: حداکثر {limit} سطح مجاز است.",
        DirectivesLimit => "تعداد directiveها بیش از حد است: حداکثر {limit} مجاز است.",
        DocumentLimit => "سند بیش از حد بزرگ است: حداکثر {limit} بایت مجاز است.",
        FieldsLimit => "تعداد فیلدها، با باز شدن fragmentها، بیش از حد است: حداکثر {limit} مجاز است.",
        FragmentsLimit => "تعداد fragmentها بیش از حد است: حداکثر {limit} مجاز است.",
        IntrospectionLimit => "introspection بیش از حد عمیق است: حداکثر {limit} فهرست تودرتو مجاز است.",
        NestingLimit => "پرانتزها بیش از حد تودرتو هستند: حداکثر {limit} سطح مجاز است.",
        OperationsLimit => "تعداد عملیات\u{200c}ها بیش از حد است: حداکثر {limit} مجاز است.",
        RootFieldsLimit => "تعداد فیلدهای ریشهٔ mutation بیش از حد است: حداکثر {limit} مجاز است.",
        TokensLimit => "تعداد tokenهای سند بیش از حد است: حداکثر {limit} مجاز است.",
        VariablesLimit => "تعداد متغیرها بیش از حد است: حداکثر {limit} مجاز است.",
    })
}
