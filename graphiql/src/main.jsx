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
import { createRoot } from "react-dom/client";
import { fetcher } from "./fetcher.js";
import { takeTokenFromAddress } from "./token.js";
import { TokenField } from "./TokenField.jsx";
import { tabs } from "./tabs.js";

const plugins = [HISTORY_PLUGIN, explorerPlugin()];

takeTokenFromAddress();

// No headers editor: GraphiQL would write what is typed there, an API token included, into its history in localStorage.
createRoot(document.getElementById("root")).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultTabs={tabs}
    defaultEditorToolsVisibility="variables"
    isHeadersEditorEnabled={false}
    shouldPersistHeaders={false}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <TokenField />
    </GraphiQL.Logo>
  </GraphiQL>,
);
