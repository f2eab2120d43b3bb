package javax.annotation;

/** Java 11 and later come without this annotation, which the generated classes carry. */
public @interface Generated {
  String value();

  String date() default "";

  String comments() default "";
}
