/**
 * Shows the description of the API in Swagger UI, with a token already filled in if the stack takes those of
 * the local issuer.
 */

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

const ui = SwaggerUIBundle({
  url: '/docs/openapi.yaml',
  domNode: document.querySelector('#pages'),
  deepLinking: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // The default sends the description to a validator on the internet.
  validatorUrl: null,
  onComplete: () => void authorize(),
});

async function authorize() {
  const line = document.querySelector('#token');
  try {
    const response = await fetch('/docs/token');
    const { token, issuer } = await response.json();
    if (token === undefined) {
      line.textContent = `Requests go to this stack, which takes tokens of ${issuer}: enter one with "Authorize".`;
      return;
    }
    ui.preauthorizeApiKey('bearerToken', token);
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    const accounts = claims.account_ids.join(', ') || 'none';
    line.textContent = `Requests go to this stack, with a token of its issuer: account ${accounts}, scopes ${claims.scope}.`;
  } catch (error) {
    line.textContent = `No token could be loaded: ${error.message}`;
  }
}
