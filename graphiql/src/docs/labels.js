// What a screen reader needs and Swagger UI 5.35 leaves out: names of controls, and headings without a gap.

const hidden = (text) => ({ className: "visually-hidden", children: text });

/** The plugin of Swagger UI. */
export const labels = {
  wrapComponents: {
    // Under the page's own heading; the title and the address of the document stand in the page's header.
    OAS31Info: (_, { React, getComponent, specSelectors }) => () => {
      const info = specSelectors.info();
      return React.createElement(
        "section",
        { className: "info", "aria-label": "About the API" },
        React.createElement("h2", null, `Version ${info.get("version")}`),
        React.createElement(getComponent("Markdown", true), { source: info.get("description") }),
      );
    },
    JsonSchema_boolean: (Select, { React }) => (props) => labelled(React, props.description, React.createElement(Select, props)),
    ExamplesSelect: (Select, { React }) => (props) => labelled(React, "Example", React.createElement(Select, props)),
    TextArea: (TextArea, { React }) => (props) => React.createElement(TextArea, { "aria-label": "Request body", ...props }),
  },
};

const labelled = (React, name, control) =>
  React.createElement("label", { className: "labelled" }, React.createElement("span", hidden(name)), control);
