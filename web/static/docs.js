"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const followColours = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followColours);
followColours();

/** The `x-codeSamples` of an operation, one fold for each language; null if it has none. */
function samples(React, found) {
  if (!found) return null;
  const folds = found.toJS().map(({ label, source }) =>
    React.createElement(
      "details",
      { key: label },
      React.createElement("summary", null, label),
      React.createElement("pre", { className: "microlight", tabIndex: 0 }, source),
    ),
  );
  const title = React.createElement("div", { className: "opblock-section-header" }, React.createElement("h4", null, "Samples"));
  return React.createElement("div", { className: "samples" }, title, ...folds);
}

SwaggerUIBundle({
  // This script is at /web/docs.js below the address of the server.
  url: new URL("../openapi.json", document.currentScript.src).href,
  dom_id: "#try",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [
    {
      wrapComponents: {
        // The introduction is on the page itself, and there is one server: see requestInterceptor.
        InfoContainer: () => () => null,
        ServersContainer: () => () => null,
        responses: (Responses, { React, specSelectors }) => (props) => {
          const found = specSelectors.specJson().getIn(["paths", props.path, props.method, "x-codeSamples"]);
          return React.createElement("div", null, samples(React, found), React.createElement(Responses, props));
        },
      },
      // The addresses of its sections are not Swagger UI's.
      statePlugins: {
        layout: {
          wrapActions: {
            parseDeepLinkHash: (open) => (hash) => (hash.startsWith("#/") ? open(hash) : { type: "none" }),
          },
        },
      },
    },
  ],
  layout: "BaseLayout",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Tags first. Of more than 149 lines at once, Swagger UI would keep only those in view.
  docExpansion: "none",
  filter: true,
  requestSnippetsEnabled: true,
  requestInterceptor(request) {
    // The server may have other names than the one in the document; the page may only call the one it came from.
    const { pathname, search } = new URL(request.url, location.href);
    request.url = location.origin + pathname + search;
    // Only what was entered here is sent, and a 401 is shown as it is, not as the browser's question for a password.
    request.credentials = "omit";
    return request;
  },
});
