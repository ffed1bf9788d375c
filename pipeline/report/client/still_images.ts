/** Images of a chart, which the page has once: in the chart's picture. Its specification names their places. */

/** An image in the text of a picture or of a specification. */
export const image = /data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/=]+/g;

/** Comes before the number of an image in the picture. */
export const imagePlace = "data:picture,";

export const imagesIn = (picture: string): string[] => picture.match(image) ?? [];

/** A specification with the images of the picture in their places. */
export function withImages(spec: string, picture: string): string {
  const images = imagesIn(picture);
  return spec.replace(/data:picture,(\d+)/g, (place, number) => images[number] ?? place);
}
