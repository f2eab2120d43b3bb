import me from "./examples/me.graphql?raw";
import updateMyProfile from "./examples/update-my-profile.graphql?raw";
import variables from "./examples/update-my-profile.json?raw";

/** What a person finds on arrival; GraphiQL remembers their own tabs from then on. */
export const tabs = [{ query: me }, { query: updateMyProfile, variables }];
