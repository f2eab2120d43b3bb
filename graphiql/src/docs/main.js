import "swagger-ui-dist/swagger-ui.css";
import "./swagger-ui.css";
import "./style.css";

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import { otherPage, readme } from "../other-page.js";
import { takeTokenFromAddress } from "../token.js";
import { followColorScheme } from "./color-scheme.js";
import { folds } from "./folds.js";
import { labels } from "./labels.js";
import { authorize, connectTokenField } from "./token-field.js";

const nothing = () => () => null;

// The token field stands in the page's header, once for everything, and there is one server: this one.
const withoutNeedless = {
  wrapComponents: { authorizeBtn: nothing, authorizeOperationBtn: nothing, ServersContainer: nothing },
};

followColorScheme();
takeTokenFromAddress();
connectTokenField();
addLinks();

SwaggerUI({
  url: "/openapi.json",
  domNode: document.getElementById("reference"),
  // Swagger's own server would be asked whether the document is valid.
  validatorUrl: null,
  requestInterceptor: authorize,
  plugins: [withoutNeedless, folds, labels],
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
