import "./style-nonce.js";
import "graphiql/setup-workers/vite";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./style.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { buildSchema } from "graphql";
import { createRoot } from "react-dom/client";
import sdl from "../../schema.graphql?raw";
import { fetcher } from "./fetcher.js";
import { PageHeader } from "./PageHeader.jsx";
import { tabs } from "./tabs.js";
import { takeTokenFromAddress } from "./token.js";

// The page brings the schema along: the documentation does not depend on introspection, which may be off.
const schema = buildSchema(sdl);
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

takeTokenFromAddress();

// No headers editor: GraphiQL would write what is typed there, an API token included, into its history in localStorage.
createRoot(document.getElementById("root")).render(
  <GraphiQL
    fetcher={fetcher}
    schema={schema}
    plugins={plugins}
    defaultTabs={tabs}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled={false}
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>
      <PageHeader />
    </GraphiQL.Logo>
  </GraphiQL>,
);
