import "swagger-ui-dist/swagger-ui.css";
import "./style.css";

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { otherPage, readme } from "../other-page.js";
import { takeTokenFromAddress } from "../token.js";
import { authorize, connectTokenField } from "./token-field.js";

// The token field stands in the page's header, once for everything.
const withoutAuthorizeButtons = {
  wrapComponents: { authorizeBtn: () => () => null, authorizeOperationBtn: () => () => null },
};

takeTokenFromAddress();
connectTokenField();
addLinks();

SwaggerUI({
  url: "/openapi.json",
  domNode: document.getElementById("reference"),
  // Swagger's own server would be asked whether the document is valid.
  validatorUrl: null,
  requestInterceptor: authorize,
  plugins: [withoutAuthorizeButtons],
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});

function addLinks() {
  const link = (text, href) => Object.assign(document.createElement("a"), { textContent: text, href });
  const links = [link("OpenAPI document", "/openapi.json")];
  if (otherPage) links.unshift(link("GraphQL", otherPage));
  if (readme) links.push(link("README", readme));
  const licences = document.querySelector("link[rel=license]");
  if (licences) links.push(link("Licences", licences.href));
  document.getElementById("links").append(...links);
}
