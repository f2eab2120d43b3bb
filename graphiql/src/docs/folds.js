// The page would be nine screens long if it showed each response to a PATCH with its headers. A response that is not a
// success is one line, and a table of headers one word, until somebody opens it.

/** The plugin of Swagger UI. */
export const folds = {
  wrapComponents: {
    headers: (Headers, { React }) => (props) =>
      React.createElement(
        "details",
        { className: "folded-headers" },
        React.createElement("summary", null, "Headers"),
        React.createElement(Headers, props),
      ),
    response: (Response, system) => (props) =>
      system.React.createElement(props.code.startsWith("2") ? Response : FoldedResponse, { ...props, Response, system }),
  },
};

function FoldedResponse({ Response, system, ...props }) {
  const { React, getComponent } = system;
  const { code, response } = props;
  const [isOpen, setIsOpen] = React.useState(false);
  const toggle = { type: "button", "aria-expanded": isOpen, onClick: () => setIsOpen(!isOpen) };
  const description = React.createElement(getComponent("Markdown", true), { source: response.get("description") });
  const line = React.createElement(
    "tr",
    { className: `response folded-response ${props.className}` },
    React.createElement("td", { className: "response-col_status" }, React.createElement("button", toggle, code)),
    React.createElement("td", { className: "response-col_description", colSpan: 2 }, description),
  );
  // The line has the description.
  const rest = { ...props, response: response.delete("description") };
  return React.createElement(React.Fragment, null, line, isOpen && React.createElement(Response, rest));
}
