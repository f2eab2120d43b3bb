//! Which table and column of the database serves what. The text of the requests' statements is made of it alone.

use entity::{api_token, customer};
use sea_orm::{EntityName, IdenStatic};

use super::django::{DjangoOptions, DjangoShop};
use crate::profile::{CompletingFields, Field, FieldRules, MediaUrl, ProfileRules};

/// Whose tables they are.
pub(super) enum Layout {
    /// Those that shop-profile creates.
    Native(Box<NativeLayout>),
    /// Those of a Django shop.
    Django(Box<DjangoLayout>),
}

/// The tables of a Django shop.
pub(super) struct DjangoLayout {
    pub(super) shop: DjangoShop,
    pub(super) dialect: Dialect,
    /// The avatar is the path of a file below this URL.
    pub(super) media_url: Option<MediaUrl>,
    /// What completes a profile.
    pub(super) completed_by: CompletingFields,
}

/// In which words a database wants its statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

impl DjangoLayout {
    /// The tables that were found by these options.
    pub(super) fn new(shop: DjangoShop, dialect: Dialect, options: &DjangoOptions) -> Self {
        let completed_by = options.complete_profile.as_ref();
        Self {
            shop,
            dialect,
            media_url: options.media_url.as_ref().map(|url| MediaUrl::new(url.as_str())),
            completed_by: completed_by.map_or(CompletingFields::NATIVE, |fields| fields.iter().copied().collect()),
        }
    }

    /// The rules of the profile, as the columns of these tables have them.
    pub(super) fn rules(&self, shop: &DjangoShop) -> ProfileRules {
        let native = ProfileRules::NATIVE;
        let column = |field, native: FieldRules| {
            let column = shop.column(field);
            // A column without a limit has the one of shop-profile's own tables.
            FieldRules { max_chars: column.max_chars.unwrap_or(native.max_chars), is_nullable: column.nullable }
        };
        let mut avatar = column(Field::Avatar, native.avatar);
        avatar.max_chars = avatar.max_chars.min(native.avatar.max_chars);
        ProfileRules {
            username: column(Field::Username, native.username),
            avatar,
            first_name: column(Field::FirstName, native.first_name),
            last_name: column(Field::LastName, native.last_name),
            gender: column(Field::Gender, native.gender),
            media_url: self.media_url.clone(),
            completed_by: self.completed_by,
        }
    }
}

/// The tables of customers and tokens.
#[derive(Clone, Debug)]
pub(super) struct NativeLayout {
    pub(super) customer: CustomerTable,
    pub(super) token: TokenTable,
}

/// The names of the customers' table and columns.
#[derive(Clone, Debug)]
pub(super) struct CustomerTable {
    pub(super) table: &'static str,
    pub(super) id: &'static str,
    pub(super) username: &'static str,
    pub(super) canonical_username: &'static str,
    pub(super) mobile_number: &'static str,
    pub(super) email: &'static str,
    pub(super) avatar: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) gender: &'static str,
    pub(super) is_active: &'static str,
    pub(super) version: &'static str,
    pub(super) updated_at: &'static str,
}

/// The names of the tokens' table and columns.
#[derive(Clone, Debug)]
pub(super) struct TokenTable {
    pub(super) table: &'static str,
    pub(super) id: &'static str,
    pub(super) digest: &'static str,
    pub(super) customer_id: &'static str,
    pub(super) expires_at: &'static str,
    pub(super) revoked_at: &'static str,
    pub(super) last_used_at: &'static str,
}

impl NativeLayout {
    /// The tables that shop-profile creates itself: those of the entities.
    pub(super) fn of_entities() -> Self {
        use api_token::Column as Token;
        use customer::Column as Customer;
        let customer = CustomerTable {
            table: customer::Entity.table_name(),
            id: Customer::Id.as_str(),
            username: Customer::Username.as_str(),
            canonical_username: Customer::CanonicalUsername.as_str(),
            mobile_number: Customer::MobileNumber.as_str(),
            email: Customer::Email.as_str(),
            avatar: Customer::Avatar.as_str(),
            first_name: Customer::FirstName.as_str(),
            last_name: Customer::LastName.as_str(),
            gender: Customer::Gender.as_str(),
            is_active: Customer::IsActive.as_str(),
            version: Customer::Version.as_str(),
            updated_at: Customer::UpdatedAt.as_str(),
        };
        let token = TokenTable {
            table: api_token::Entity.table_name(),
            id: Token::Id.as_str(),
            digest: Token::Digest.as_str(),
            customer_id: Token::CustomerId.as_str(),
            expires_at: Token::ExpiresAt.as_str(),
            revoked_at: Token::RevokedAt.as_str(),
            last_used_at: Token::LastUsedAt.as_str(),
        };
        Self { customer, token }
    }
}
