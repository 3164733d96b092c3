// Unpacks the script that is above this line, and is what that is.
const bytes = Uint8Array.from(atob(PACKED), (letter) => letter.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
const text = await new Response(stream).text();
const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
const { default: unpacked } = await import(url);
URL.revokeObjectURL(url);
export default unpacked;
