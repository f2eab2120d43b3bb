//! Which table and column of the database serves what. The text of the requests' statements is made of it alone, so that
//! tables of another layout need no other statements.

use entity::{api_token, customer};
use sea_orm::{EntityName, IdenStatic};

/// The tables of customers and tokens.
#[derive(Clone, Debug)]
pub(super) struct Layout {
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

impl Layout {
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
