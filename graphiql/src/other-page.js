const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? "";

/** The address of the other page, which the server writes into this one; "" when it is not served. */
export const otherPage = meta("other-page");

/** The address of the README; "" when the program was built without knowing it. */
export const readme = meta("repository") && `${meta("repository")}#readme`;
