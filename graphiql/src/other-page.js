/** The address of the other page, which the server writes into this one; "" when it is not served. */
export const otherPage = document.querySelector("meta[name=other-page]")?.content ?? "";
