import { graphql } from "./gql";

export const ME = graphql(`
  query Me {
    me {
      ...Profile
    }
  }
`);

export const PROFILE = graphql(`
  fragment Profile on Customer {
    id
    username
    email
    mobileNumber
    avatar
    firstName
    lastName
    fullName
    gender
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

/** The same with nothing written. It selects no \`id\`: what is not stored does not belong in the cache. */
export const CHECK = graphql(`
  mutation Check($input: UpdateMyProfileInput!) {
    updateMyProfile(input: $input, validateOnly: true) {
      customer {
        fullName
        isProfileCompleted
      }
      userErrors {
        field
        code
        message
      }
    }
  }
`);
