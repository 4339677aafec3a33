// In a file of its own, so that the page's content security policy can refuse all inline scripts.
SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: "/openapi.json",
  deepLinking: true,
  // Without this, Swagger UI sends the document to a validator on another host.
  validatorUrl: null,
});
