// What the form asks the API. `npm run generate` checks it against the schema and makes the types.
import { graphql } from "./gql";

export const ME = graphql(`
  query Me {
    me {
      ...Profile
    }
  }

  fragment Profile on Customer {
    id
    username
    firstName
    lastName
    fullName
    gender
    avatar
    isProfileCompleted
    version
  }
`);

export const UPDATE = graphql(`
  mutation Update($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input) {
      customer {
        ...Profile
      }
      userErrors {
        field
        code
        message
      }
    }
  }
`);

// The dry run. It selects no id, so that Apollo does not take a profile that is not stored into its cache.
export const CHECK = graphql(`
  mutation Check($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input, validateOnly: true) {
      customer {
        fullName
      }
      userErrors {
        field
        code
        message
      }
    }
  }
`);
