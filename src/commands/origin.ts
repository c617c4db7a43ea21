/** Where this machine reaches the server: one that listens on every interface is on the loopback too. */
export function origin({ url }: { url: string }): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
