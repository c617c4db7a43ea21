// What a service does that talks to ChatCaptain: here, one conversation. compose.yaml runs it beside the stub.
const { CHATCAPTAIN_URL, CHATCAPTAIN_CHATBOT_ID, CHATCAPTAIN_TOKEN } = process.env;

const response = await fetch(`${CHATCAPTAIN_URL}/v1/inbox/${CHATCAPTAIN_CHATBOT_ID}/conversations`, {
  method: 'POST',
  headers: { authorization: `Bearer ${CHATCAPTAIN_TOKEN}`, 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'John Doe', email: 'john.doe@example.com', channelId: 'web' }),
});
process.stdout.write(`${response.status} ${await response.text()}\n`);
process.exitCode = response.status === 201 ? 0 : 1;
