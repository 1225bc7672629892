// The two images that are built: what each adds to its base.

/** What an image adds to its base. */
export interface ImageDefinition {
  /** `files`, `images`: the image is named `kubespray-files`. */
  readonly name: string;
  readonly description: string;
  readonly port: number;
  readonly entrypoint: readonly string[];
  readonly stopSignal?: string;
}

/** The file server: nginx with every file. */
export const filesDefinition: ImageDefinition = {
  name: "files",
  description: "Serves every file that kubespray downloads",
  port: 8080,
  entrypoint: ["/bin/sh", "/kso/serve-files.sh"],
  stopSignal: "SIGQUIT",
};

/** The registry with every image. */
export const imagesDefinition: ImageDefinition = {
  name: "images",
  description: "A registry with every image that kubespray pulls",
  port: 5000,
  entrypoint: ["registry", "serve", "/kso/registry.yml"],
};
