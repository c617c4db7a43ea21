// Sends what a visitor typed into a contact form to ChatCaptain, as a conversation.
const { setTimeout: pause } = require('node:timers/promises');

/** Sends a form, and once more when ChatCaptain is busy. */
async function sendContactForm(form, inbox) {
  let response = await post(form, inbox);
  if (response.status === 429 || response.status === 503) {
    await pause(Number(response.headers.get('retry-after')) * 1000);
    response = await post(form, inbox);
  }
  const answer = await response.json();
  switch (response.status) {
    case 201:
      // This is how ChatCaptain says that it has made no conversation.
      if (answer.error !== undefined) return { kind: 'declined', reason: answer.error };
      return { kind: 'sent', conversationId: answer.conversationId };
    case 400:
      return { kind: 'invalid', problems: [answer.message].flat() };
    case 403:
      return { kind: 'forbidden', reason: answer.message };
    default:
      throw new Error(`ChatCaptain answered ${response.status}: ${answer.message}`);
  }
}

/** Sends a form in 10 seconds, unless the visitor takes it back until then. Nobody waits for the outcome. */
function sendLater(form, inbox, seconds = 10) {
  const timer = setTimeout(() => sendContactForm(form, inbox).catch(process.emitWarning), seconds * 1000);
  return { takeBack: () => clearTimeout(timer) };
}

function post(form, { url, token, chatbotId, channelId }) {
  return fetch(`${url}/v1/inbox/${encodeURIComponent(chatbotId)}/conversations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...form, channelId }),
  });
}

module.exports = { sendContactForm, sendLater };
