// Dredd's hook: the credential, and nothing else about what is sent. Dredd sends the documented example for each documented
// status; which of them come of that depends on the credential alone.
const hooks = require('hooks');

const CREDENTIALS = { 201: process.env.GATE_TOKEN, 401: undefined, 403: process.env.GATE_TOKEN_ELSEWHERE };

hooks.beforeEach((transaction, done) => {
  const { statusCode } = transaction.expected;
  if (!(statusCode in CREDENTIALS)) transaction.skip = true;
  const token = CREDENTIALS[statusCode];
  if (token !== undefined) transaction.request.headers.authorization = `Bearer ${token}`;
  done();
});

// Dredd compares the text of the header with the media type in the document, which has no parameters.
hooks.beforeEachValidation((transaction, done) => {
  const { headers } = transaction.real;
  headers['content-type'] = headers['content-type']?.split(';')[0];
  done();
});
